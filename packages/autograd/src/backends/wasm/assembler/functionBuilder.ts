/** @file One function of a module: its locals, the words of its block, and loops that count. */
import { Bytes } from './bytes.js';
import { Instructions, type Callable, type Global } from './instructions.js';
import { I32, V128 } from './opcodes.js';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export const TYPE_CODE: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A number known when the code is written; or, when it runs, in a local or in a word of the kernel's block. */
export type Quantity = number | { readonly local: number } | Word;

/** A word of the block that a kernel's function is called with. */
export interface Word {
  readonly word: number;
}

/** The first parameter of a kernel's function: the address of its block. */
export const BLOCK = 0;

const I32_LOAD = 0x28;
const I32_MUL = 0x6c;

/** What a function uses of the module it is part of. */
export interface Surroundings {
  /** Whether vectors are kept from being joined, but in functions that say otherwise. */
  readonly apart: boolean;
  /**
   * Mutable globals that are never changed. The optimizer cannot know that, so a constant added to one stays in its
   * register instead of being rebuilt at each use inside a loop.
   */
  readonly zeroI32: Global;
  readonly negativeZeroF32: Global;
  readonly negativeZeroF64: Global;
  /** The import `math.name`, a function of `arity` doubles. */
  math(name: string, arity: 1 | 2): Callable;
  /** The import `math.sgemm` or `math.dgemm` (see `blas/gemm.ts`). */
  gemm(name: 'sgemm' | 'dgemm'): Callable;
}

/** One function being written. Instructions are appended in stack order. */
export class FunctionBuilder extends Instructions implements Callable {
  index = -1;
  private readonly locals: ValueType[] = [];
  private readonly words = new Map<string, number>();
  readonly module: Surroundings;
  /**
   * Whether V8's revectorizer, where it is on, may join vectors that are stored side by side. V8 13 and 14 make wrong code of some
   * loops that carry several vectors round, and of maxima and signs of doubles; not of products and functions of single numbers.
   */
  joins = false;
  private stored = -1;
  readonly type: number;
  private readonly params: number;

  constructor(module: Surroundings, type: number, params: number) {
    super();
    this.module = module;
    this.type = type;
    this.params = params;
  }

  local(type: ValueType): number {
    this.locals.push(type);
    return this.params + this.locals.length - 1;
  }

  /** V8 joins vectors from stores 16 bytes apart, from one address; so those are from two. */
  override memory(code: number, offset: number): this {
    if (code !== V128.store || (offset & 16) === 0 || !this.module.apart || this.joins)
      return super.memory(code, offset);
    if (this.stored < 0) this.stored = this.local('v128');
    this.set(this.stored).i32(16).op(I32.add).get(this.stored);
    return super.memory(code, offset - 16);
  }

  push(value: Quantity): this {
    if (typeof value === 'number') return this.i32(value);
    return this.get('local' in value ? value.local : this.word(value));
  }

  /** In a kernel's function: a local that holds a word of its block, `times` as much, from the beginning on. */
  word({ word }: Word, times = 1): number {
    const key = `${word}*${times}`;
    let local = this.words.get(key);
    if (local === undefined) {
      local = this.local('i32');
      this.words.set(key, local);
      const made = local;
      this.ahead(() => {
        this.get(BLOCK).memory(I32_LOAD, word * 4);
        if (times !== 1) this.i32(times).op(I32_MUL);
        this.set(made);
      });
    }
    return local;
  }

  /**
   * Runs the bodies from that on whose number the local holds: `cases[i]`, `cases[i + 1]` and so on; none where it is not
   * below their number.
   */
  from(local: number, cases: readonly (() => void)[]): this {
    const open = (last: number): void => {
      if (last < 0) {
        this.get(local).brTable(cases.length);
        return;
      }
      this.block(() => open(last - 1));
      cases[last]?.();
    };
    this.block(() => open(cases.length - 1));
    return this;
  }

  /** `local = local + bytes`. */
  advance(local: number, bytes: Quantity): this {
    return bytes === 0 ? this : this.get(local).push(bytes).op(0x6a).set(local);
  }

  /** Runs `body` `count` times; not at all when that is not positive, and once without a loop where it is known to be 1. */
  repeat(count: Quantity, body: () => void): this {
    if (typeof count !== 'number') {
      const left = this.local('i32');
      return this.push(count).set(left).repeatLocal(left, body);
    }
    if (count <= 0) return this;
    if (count === 1) {
      body();
      return this;
    }
    const left = this.local('i32');
    this.i32(count).set(left);
    return this.loop(() => {
      body();
      this.get(left).i32(1).op(0x6b).tee(left).brIf(0);
    });
  }

  /** Runs `body` as often as the local says, counting it down to 0; not at all when it is not positive. */
  repeatLocal(left: number, body: () => void): this {
    return this.get(left)
      .i32(0)
      .op(0x4a)
      .if(() => {
        this.loop(() => {
          body();
          this.get(left).i32(1).op(0x6b).tee(left).brIf(0);
        });
      });
  }

  /** @internal The function's entry in the code section. */
  finish(into: Bytes): void {
    const head = new Bytes();
    const groups: [ValueType, number][] = [];
    for (const type of this.locals) {
      const last = groups[groups.length - 1];
      if (last !== undefined && last[0] === type) last[1]++;
      else groups.push([type, 1]);
    }
    head.unsigned(groups.length);
    for (const [type, count] of groups) {
      head.unsigned(count);
      head.byte(TYPE_CODE[type]);
    }
    for (const { position, target, inPrologue } of this.calls) {
      (inPrologue ? this.prologue : this.code).patch(position, target.index);
    }
    into.unsigned(head.length + this.prologue.length + this.code.length + 1);
    into.append(head);
    into.append(this.prologue);
    into.append(this.code);
    into.byte(0x0b);
    for (const part of [head, this.prologue, this.code]) part.recycle();
  }
}
