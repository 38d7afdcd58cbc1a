/**
 * @file Long sums in blocks, with the sums of blocks added in pairs: the error grows with the logarithm of a row's length.
 *
 * A complete sum is kept until its neighbour is complete: of one block, two, four … (N. J. Higham, The accuracy of floating
 * point summation, SIAM J. Sci. Comput. 14, 1993). The bits of the number of blocks say which sums exist. Blocks depend on
 * sizes alone.
 */
import type { FunctionBuilder } from '../assembler/moduleBuilder.js';
import { SCRATCH } from '../assembler/kernelFunction.js';
import { I32, V128 } from '../assembler/opcodes.js';
import { combine, constant, identity } from '../elements/elementOps.js';
import type { Value } from '../elements/elementOps.js';
import type { Lanes, Register } from '../elements/lanes.js';
import { isFloat } from '../../../graph/dtype.js';
import { joinParts, type Reduce } from './accumulators.js';

/** Elements of a block along a row, which has several accumulators of four lanes. */
export const ROW_BLOCK = 256;
/** Elements of a block down a column, which has one accumulator. */
export const COLUMN_BLOCK = 64;
/** Levels of waiting sums; level `l` holds sums of `2ˡ` blocks. */
const LEVELS = 24;

/** A reduction and its accumulators. */
export interface Fold {
  readonly i: number;
  readonly scalar: Reduce;
  readonly into: readonly Value[];
}

/** Whether a reduction rounds, so that its order matters. */
export function rounds({ op, dtype }: Reduce): boolean {
  return isFloat(dtype) && (op === 'sum' || op === 'prod');
}

/** Scratch bytes for the waiting sums of `vectors` separate accumulators. */
export function waitingBytes(vectors: number): number {
  return LEVELS * vectors * 16;
}

export class BlockSums {
  private readonly f: FunctionBuilder;
  private readonly v: Lanes;
  private readonly folds: readonly Fold[];
  /** Whether the accumulators are parts of one sum; otherwise each is a sum of its own. */
  private readonly joined: boolean;
  /** The offset of the waiting sums in scratch memory. */
  private readonly at: number;
  /** Locals: the steps of the current block, and the number of complete blocks. */
  private readonly pending: number;
  private readonly complete: number;
  private readonly level: number;
  /** A pointer to the waiting sums of one level, and the bytes of a level. */
  private readonly waiting: number;
  private readonly levelBytes: number;

  constructor(v: Lanes, folds: readonly Fold[], joined: boolean, at: number) {
    this.v = v;
    this.f = v.f;
    this.folds = folds.filter(({ scalar }) => rounds(scalar));
    this.joined = joined;
    this.at = at;
    const local = (): number => this.f.local('i32');
    [this.pending, this.complete, this.level] = [local(), local(), local()];
    this.waiting = local();
    this.levelBytes = this.folds.reduce(
      (bytes, { into }) =>
        bytes + 16 * (into[0] as Value).registers.length * (joined ? 1 : into.length),
      0,
    );
    this.f.i32(0).set(this.pending).i32(0).set(this.complete);
  }

  /** Runs `step` as often as the local `left` says, counting it down; a block has `length` steps. */
  repeat(left: number, length: number, step: () => void): void {
    const { f, pending } = this;
    const count = f.local('i32');
    f.block(() =>
      f.loop(() => {
        f.get(left).i32(0).op(I32.leS).brIf(1);
        f.i32(length).get(pending).op(I32.sub).get(left);
        f.i32(length).get(pending).op(I32.sub).get(left).op(I32.ltS).select().set(count);
        f.get(left).get(count).op(I32.sub).set(left);
        f.get(pending).get(count).op(I32.add).set(pending);
        f.repeatLocal(count, step);
        this.endOfBlock(length);
        f.br(0);
      }),
    );
  }

  /** Counts the elements that do not fill a step as one step. */
  countRest(length: number): void {
    this.f.advance(this.pending, 1);
    this.endOfBlock(length);
  }

  private endOfBlock(length: number): void {
    const { f, pending } = this;
    f.get(pending).i32(length).op(I32.geS);
    f.if(() => {
      this.flush();
      f.i32(0).set(pending);
    });
  }

  /** Adds the block to complete neighbours, and starts a new one. */
  private flush(): void {
    const { f, v, level, complete, waiting } = this;
    v.scope(() => {
      const sums = this.blockSums();
      this.fromFirstLevel();
      f.block(() =>
        f.loop(() => {
          f.get(level).i32(1).op(I32.and).op(I32.eqz).brIf(1);
          this.addWaiting(sums);
          this.toNextLevel();
          f.br(0);
        }),
      );
      eachRegister(sums, (register, bytes) => {
        f.get(waiting).get(register).memory(V128.store, bytes);
      });
      f.advance(complete, 1);
      for (const { scalar, into } of this.folds) {
        const start = constant(v, identity(scalar.op, scalar.dtype), scalar.dtype);
        for (const { registers } of into)
          registers.forEach((register, k) => f.get(start.registers[k] as Register).set(register));
      }
      return [];
    });
  }

  /** All folds, with the sums of their blocks in place of the accumulators. */
  finish(all: readonly Fold[]): Fold[] {
    const { f, level } = this;
    const sums = this.blockSums();
    this.fromFirstLevel();
    f.block(() =>
      f.loop(() => {
        f.get(level).op(I32.eqz).brIf(1);
        f.get(level).i32(1).op(I32.and);
        f.if(() => this.addWaiting(sums));
        this.toNextLevel();
        f.br(0);
      }),
    );
    return all.map((fold) => {
      const k = this.folds.indexOf(fold);
      return k < 0 ? fold : { ...fold, into: sums[k] as Value[] };
    });
  }

  /** The sums of the current block, in registers of their own. */
  private blockSums(): Value[][] {
    const { v } = this;
    return this.folds.map(({ scalar, into }) => {
      const parts = this.joined ? [joinParts(v, scalar, into)] : into;
      return parts.map(({ dtype, registers }) => ({
        dtype,
        registers: registers.map((register) => v.copy(register)),
      }));
    });
  }

  private fromFirstLevel(): void {
    const { f, waiting, level, complete } = this;
    f.get(SCRATCH).i32(this.at).op(I32.add).set(waiting).get(complete).set(level);
  }

  private toNextLevel(): void {
    const { f, waiting, level } = this;
    f.advance(waiting, this.levelBytes).get(level).i32(1).op(I32.shrU).set(level);
  }

  /** Adds the waiting sums of a level to `sums`, which come after them. */
  private addWaiting(sums: readonly (readonly Value[])[]): void {
    const { f, v, waiting } = this;
    let bytes = 0;
    sums.forEach((parts, k) => {
      const { op, dtype } = (this.folds[k] as Fold).scalar;
      for (const sum of parts) {
        v.scope(() => {
          const before = sum.registers.map((_, r) => {
            const register = v.register();
            f.get(waiting)
              .memory(V128.load, bytes + 16 * r)
              .set(register);
            return register;
          });
          const { registers } = combine(v, op, dtype, { dtype, registers: before }, sum);
          registers.forEach((register, r) => f.get(register).set(sum.registers[r] as Register));
          return [];
        });
        bytes += 16 * sum.registers.length;
      }
    });
  }
}

/** Calls `body` for each register of values, with the number of bytes before it. */
function eachRegister(
  sums: readonly (readonly Value[])[],
  body: (register: Register, bytes: number) => void,
): void {
  let bytes = 0;
  for (const { registers } of sums.flat())
    for (const register of registers) {
      body(register, bytes);
      bytes += 16;
    }
}
