/** @file The values of a loop body while its code is written: each is computed once, as far out as possible. */
import type { Scalar } from '../../../engine/compile/kernel.js';
import type { FunctionBuilder, Word } from '../assembler/moduleBuilder.js';
import { applyOp, cast } from '../elements/elementOps.js';
import type { Curve } from '../elements/exponential32.js';
import type { Value } from '../elements/elementOps.js';
import { loadLanes, storeLanes, type LaneCount } from './laneMemory.js';
import type { Lanes, Register } from '../elements/lanes.js';
import { curves } from '../elements/math32.js';
import type { ScalarFacts } from './loopBody.js';
import type { LoopForm } from './loopForm.js';
import type { Nest, Walk } from './loopNest.js';
import { I32x4 } from '../assembler/opcodes.js';
import { blockConstant } from '../elements/values.js';
import { mayRefuse, refuse } from './refusals.js';
import type { Walks } from './walks.js';

/** Two scalars of a body that one formula computes. */
interface Pair {
  readonly value: number;
  readonly derivative: number;
  readonly of: (v: Lanes, x: Register) => Curve;
}

export class LoopValues {
  /** How many vectors are side by side, and how many lanes are real. */
  copies = 1;
  lanes: LaneCount = 4;
  /** Which of `caches` have been filled. */
  cached = new Set<number>();
  readonly caches: ReadonlyMap<number, Walk>;
  private readonly f: FunctionBuilder;
  private readonly v: Lanes;
  private readonly walks: Walks;
  private readonly body: readonly Scalar[];
  private readonly nest: Nest;
  private readonly facts: readonly ScalarFacts[];
  private readonly constants: ReadonlyMap<number, Word>;
  private readonly fault: Word | null;
  /** Known values: a vector for each copy if they vary along the lanes, else one. */
  private values = new Map<number, readonly Value[]>();

  constructor(
    v: Lanes,
    walks: Walks,
    body: readonly Scalar[],
    nest: Nest,
    facts: readonly ScalarFacts[],
    caches: ReadonlyMap<number, Walk>,
    { constants, fault }: LoopForm,
  ) {
    this.f = v.f;
    this.v = v;
    this.walks = walks;
    this.body = body;
    this.nest = nest;
    this.facts = facts;
    this.caches = caches;
    this.constants = constants;
    this.fault = fault;
  }

  /** Forgets the values that `body` computes when it ends. */
  scope(body: () => void): void {
    const values = this.values;
    this.values = new Map(values);
    this.v.scope(() => {
      body();
      return [];
    });
    this.values = values;
  }

  set(i: number, value: readonly Value[]): void {
    this.values.set(i, value);
  }

  /** Computes those of `needed` that vary along `level` and no deeper, and are known after `phase` levels of reductions. */
  computeAt(level: number, needed: Iterable<number>, phase: number): void {
    const deepestCopies = this.nest.vector > level;
    for (const i of needed) {
      const fact = this.facts[i] as ScalarFacts;
      if (fact.depth > level || fact.phase > phase || (fact.perLane && deepestCopies)) continue;
      const scalar = this.body[i] as Scalar;
      if (scalar.kind === 'reduce' || (phase === Infinity && this.waitsForReduce(i))) continue;
      this.compute(i);
    }
  }

  /** Whether a value depends on a reduction that is not folded yet. */
  private waitsForReduce(i: number): boolean {
    if (this.values.has(i)) return false;
    const scalar = this.body[i] as Scalar;
    if (scalar.kind === 'reduce') return true;
    return scalar.kind === 'op' && scalar.args.some((arg) => this.waitsForReduce(arg));
  }

  compute(i: number): readonly Value[] {
    const known = this.values.get(i);
    if (known !== undefined) return known;
    const made = this.make(i);
    this.values.set(i, made);
    return made;
  }

  private make(i: number): readonly Value[] {
    const { v, walks } = this;
    const scalar = this.body[i] as Scalar;
    const each = <T>(one: (copy: number) => T): T[] =>
      Array.from({ length: (this.facts[i] as ScalarFacts).perLane ? this.copies : 1 }, (_, k) =>
        one(k),
      );
    const cache = this.cached.has(i) ? this.caches.get(i) : undefined;
    if (cache !== undefined)
      return each((copy) => loadLanes(v, cache.dtype, walks.address(cache, copy), 4));
    switch (scalar.kind) {
      case 'op': {
        const args = scalar.args.map((arg) => this.compute(arg));
        const pair = this.curveOf(scalar, i);
        if (pair !== null) {
          const made = each((copy) =>
            curveValues(v, pair.of, (args[0]?.[copy] ?? args[0]?.[0]) as Value),
          );
          this.values.set(
            pair.value,
            made.map(({ value }) => value),
          );
          this.values.set(
            pair.derivative,
            made.map(({ derivative }) => derivative),
          );
          return this.values.get(i) as readonly Value[];
        }
        const lanes = scalar.args.some((arg) => this.facts[arg]?.perLane) ? this.lanes : 4;
        v.alike = this.facts[i]?.perLane === false;
        const made = each((copy) => {
          const at = args.map((values) => (values[copy] ?? values[0]) as Value);
          if (this.fault !== null && mayRefuse(scalar, this.body))
            refuse(v, scalar.op, at, lanes, this.fault);
          return applyOp(v, scalar.op, scalar.dtype, at);
        });
        v.alike = false;
        return made;
      }
      case 'const':
        return [blockConstant(v, this.constants.get(i) as Word, scalar.dtype)];
      case 'load': {
        const walk = this.nest.inputs[scalar.input] as Walk;
        return each((copy) => loadLanes(v, walk.dtype, walks.address(walk, copy), this.lanes));
      }
      case 'index':
        return each((copy) => this.coordinate(scalar.dim, copy));
      case 'reduce':
        return []; // set when it has been folded
    }
  }

  /** The function and derivative that share an exponential, if the scalar at `i` is one of them and the body has both. */
  private curveOf(scalar: Scalar & { kind: 'op' }, i: number): Pair | null {
    if (scalar.dtype !== 'float32') return null;
    for (const [op, { derivative, of }] of curves) {
      if (scalar.op !== op && scalar.op !== derivative) continue;
      // A body may contain the same function of the same argument twice.
      const at = (name: string): number =>
        name === scalar.op
          ? i
          : this.body.findIndex(
              (x) =>
                x.kind === 'op' &&
                x.op === name &&
                x.dtype === 'float32' &&
                x.args[0] === scalar.args[0],
            );
      const pair = { value: at(op), derivative: at(derivative), of };
      return pair.value < 0 || pair.derivative < 0 ? null : pair;
    }
    return null;
  }

  private coordinate(dim: number, copy: number): Value {
    const { v } = this;
    const walk = this.nest.coordinates.get(dim) as Walk;
    const registers = v.scope(() => {
      const out = v.register();
      this.f.get(this.walks.pointer(walk)).op(I32x4.splat).set(out);
      if (walk.strides[this.nest.vector] === 0) return [out];
      return [v.bin(I32x4.add, v.bin(I32x4.add, out, v.iota()), v.i32(4 * copy))];
    });
    return { dtype: 'int32', registers };
  }

  /** Stores a value for a later pass over the row. */
  storeCache(i: number): void {
    const walk = this.caches.get(i) as Walk;
    (this.values.get(i) ?? []).forEach((value, copy) => {
      storeLanes(this.v, walk.dtype, value.registers, this.walks.address(walk, copy), 4);
    });
  }
}

function curveValues(
  v: Lanes,
  of: Pair['of'],
  arg: Value,
): { readonly value: Value; readonly derivative: Value } {
  const registers = v.scope(() => {
    const curve = of(v, cast(v, arg, 'float32').registers[0] as Register);
    return [curve.value, curve.derivative()];
  });
  const [value, derivative] = registers.map((x): Value => ({ dtype: 'float32', registers: [x] }));
  return { value: value as Value, derivative: derivative as Value };
}
