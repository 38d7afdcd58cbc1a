/**
 * @file Writes a fused loop nest as one WebAssembly function.
 *
 * Four points (or four rows, if rows are contiguous) go through the lanes of a vector, a few vectors at a time. Each pass
 * over a row folds one level of reductions and writes the points that are known by then. Everything that does not vary within
 * a loop is computed before it.
 */
import type { Scalar } from '../../../engine/compile/kernel.js';
import type { FunctionBuilder, ModuleBuilder } from '../assembler/moduleBuilder.js';
import { accumulate, fold, freshAccumulators, settle } from './accumulators.js';
import type { Reduce } from './accumulators.js';
import { BlockSums, COLUMN_BLOCK, ROW_BLOCK, rounds } from './blockSums.js';
import type { Value } from '../elements/elementOps.js';
import { kernelFunction, THREAD, THREADS, threadRange } from '../assembler/kernelFunction.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { Lanes } from '../elements/lanes.js';
import type { Register } from '../elements/lanes.js';
import { storable, storeLanes, type LaneCount } from './laneMemory.js';
import { closure } from './loopBody.js';
import type { ScalarFacts } from './loopBody.js';
import type { Nest, Walk } from './loopNest.js';
import type { Pass } from './loopPasses.js';
import { LoopValues } from './loopValues.js';
import { I32 } from '../assembler/opcodes.js';
import type { LoopPlan } from './planLoop.js';
import { Walks } from './walks.js';

/** Writes the function of a loop kernel's form. */
export class LoopWriter {
  private readonly context: KernelContext;
  private readonly body: readonly Scalar[];
  private readonly plan: LoopPlan;
  private readonly nest: Nest;
  private readonly facts: readonly ScalarFacts[];
  private readonly passes: readonly Pass[];
  private readonly f: FunctionBuilder;
  private readonly v: Lanes;
  private readonly walks: Walks;
  private readonly values: LoopValues;
  /** The points per step along the vector level. */
  private readonly step: number;
  /** Locals: steps along the vector level, then the remaining vectors of four lanes. */
  private readonly wholeSteps: number;
  private readonly restVectors: number;
  /** Set while a long row is summed. */
  private blocks: BlockSums | null = null;

  constructor(
    module: ModuleBuilder,
    body: readonly Scalar[],
    context: KernelContext,
    plan: LoopPlan,
  ) {
    const { nest, facts, passes, width, form, caches } = plan;
    this.context = context;
    this.body = body;
    this.plan = plan;
    this.nest = nest;
    this.facts = facts;
    this.passes = passes;
    const f = kernelFunction(module);
    f.joins = body.every(({ kind, dtype }) => kind !== 'reduce' && dtype !== 'float64');
    this.f = f;
    this.step = 4 * width;
    this.walks = new Walks(f, nest, this.step, form);
    const size = this.walks.size(nest.vector);
    const rest = f.local('i32');
    this.wholeSteps = f.local('i32');
    this.restVectors = f.local('i32');
    f.hoist(() => {
      f.get(size).i32(Math.log2(this.step)).op(I32.shrU).set(this.wholeSteps);
      f.get(size)
        .i32(this.step - 1)
        .op(I32.and);
      f.i32(2).op(I32.shrU).set(this.restVectors);
      f.get(size).i32(3).op(I32.and).set(rest);
    });
    this.v = new Lanes(f, context.fma, rest);
    this.values = new LoopValues(this.v, this.walks, body, nest, facts, caches, form);
  }

  write(): FunctionBuilder {
    this.values.computeAt(
      -1,
      this.body.map((_, i) => i),
      0,
    );
    this.outerLevel(0);
    return this.f;
  }

  // Loops.

  private outerLevel(level: number): void {
    if (level === this.nest.outer) {
      this.row();
      return;
    }
    this.loop(level, level === this.plan.shared, () => {
      this.values.computeAt(
        level,
        this.body.map((_, i) => i),
        0,
      );
      this.outerLevel(level + 1);
    });
  }

  /** A loop over `level` around `body`; along the vector level, `body` is written for whole steps and for the rest. */
  private loop(level: number, split: boolean, body: () => void): void {
    const { f } = this;
    const vector = level === this.nest.vector;
    const { steps, width } = this.plan;
    const count = vector ? this.wholeSteps : this.walks.size(level);
    const start = split ? f.local('i32') : undefined;
    const left = f.local('i32');
    if (start !== undefined) {
      threadRange(f, { local: count }, start, left);
      f.get(left).get(start).op(I32.sub).set(left);
    } else f.get(count).set(left);
    this.walks.along(level, start, (moving) => {
      const blocks = level === this.nest.sizes.length - 1 ? this.blocks : null;
      const by = vector ? this.step : 1;
      const length = vector ? ROW_BLOCK / by : COLUMN_BLOCK;
      const repeat = (): void => {
        const step = (): void => this.iteration(moving, level, by, body);
        if (blocks === null) f.repeatLocal(left, step);
        else blocks.repeat(left, length, step);
      };
      if (!vector) return repeat();
      const wide = (copies: number, lanes: LaneCount): void => {
        this.values.copies = copies;
        this.values.lanes = lanes;
      };
      wide(width, 4);
      if (steps === 'one' && !split) this.iteration(moving, level, 0, body);
      else repeat();
      if (steps === 'any') {
        const rest = (): void => {
          wide(1, 4);
          if (width > 1) {
            f.get(this.restVectors).set(left);
            f.repeatLocal(left, () => this.iteration(moving, level, 4, body));
          }
          wide(1, 'rest');
          f.get(this.v.rest).if(() => this.iteration(moving, level, 0, body));
        };
        // The last thread handles the points that do not fill a step.
        if (split) f.get(THREAD).i32(1).op(I32.add).get(THREADS).op(I32.eq).if(rest);
        else rest();
      }
      if (steps === 'one') blocks?.countRest(length);
      if (steps === 'any' && blocks !== null) {
        // An empty rest is not counted, so the bits are those of whole steps.
        f.get(this.v.rest);
        if (width > 1) f.get(this.restVectors).op(I32.or);
        f.if(() => blocks.countRest(length));
      }
      wide(1, 4);
    });
  }

  private iteration(moving: readonly Walk[], level: number, by: number, body: () => void): void {
    this.values.scope(body);
    this.walks.advance(moving, level, by);
    const { vector, sizes } = this.nest;
    if (
      this.context.width === 'wide' &&
      this.f.joins &&
      level === vector &&
      level === sizes.length - 1
    ) {
      // A register assigned in a loop would count as used outside it, and keep pairs from being fused.
      for (const register of this.v.temporaries()) this.f.v128Zero().set(register);
    }
  }

  // A row.

  private row(): void {
    const { values, passes } = this;
    values.cached = new Set();
    passes.forEach((pass, k) => {
      if (k === passes.length - 1) {
        this.store(this.nest.outputs.filter((output) => !output.perPoint));
        if (pass.roots.length > 0) this.walk(pass, () => this.store(pass.outputs));
        return;
      }
      const folds = pass.reduces.map((i) => {
        const scalar = this.body[i] as Reduce;
        return { i, scalar, into: freshAccumulators(this.v, scalar, this.accumulatorCount(i)) };
      });
      const columns = this.nest.vector < this.nest.outer;
      const { waiting } = this.plan;
      const blocks =
        waiting !== null && folds.some(({ scalar }) => rounds(scalar))
          ? new BlockSums(this.v, folds, !columns, waiting)
          : null;
      this.blocks = blocks;
      this.walk(pass, () => {
        for (const { scalar, into } of folds) this.accumulate(scalar, into);
        this.store(pass.outputs);
      });
      this.blocks = null;
      for (const { i, scalar, into } of blocks?.finish(folds) ?? folds) {
        const result = columns
          ? into.map((part) => settle(this.v, scalar, part))
          : [fold(this.v, scalar, into)];
        values.set(i, result);
      }
    });
  }

  /** Traverses the points of a row once, with `leaf` at each. */
  private walk({ roots, outputs }: Pass, leaf: () => void): void {
    const { values, walks, nest } = this;
    const needed = closure(this.body, roots, (i) => values.cached.has(i));
    const fresh = needed.filter((i) => values.caches.has(i) && !values.cached.has(i));
    values.computeAt(nest.outer - 1, needed, Infinity);
    const level = (l: number): void => {
      if (l === nest.sizes.length) {
        for (const i of roots) values.compute(i);
        leaf();
        for (const i of fresh) values.storeCache(i);
        return;
      }
      this.loop(l, false, () => {
        values.computeAt(l, needed, Infinity);
        level(l + 1);
      });
    };
    walks.active = new Set([...needed.flatMap((i) => this.walkOf(i) ?? []), ...outputs]);
    level(nest.outer);
    walks.active = undefined;
    for (const i of fresh) values.cached.add(i);
  }

  private walkOf(i: number): Walk | undefined {
    const scalar = this.body[i] as Scalar;
    if (scalar.kind === 'load') return this.nest.inputs[scalar.input];
    return scalar.kind === 'index'
      ? this.nest.coordinates.get(scalar.dim)
      : this.values.caches.get(i);
  }

  private store(outputs: Nest['outputs']): void {
    const { v, values, walks } = this;
    const { vector, outer } = this.nest;
    // Everything is computed before anything is stored, so that a buffer may be overwritten in place.
    const ready = outputs.map((output) =>
      values.compute(output.value).map((value) => storable(v, value)),
    );
    outputs.forEach((output, k) => {
      const parts = ready[k] as (readonly Register[])[];
      const perLane = (vector < outer || output.perPoint) && output.strides[vector] !== 0;
      const lanes: LaneCount = perLane ? values.lanes : 1;
      for (let copy = 0; copy < (perLane ? values.copies : 1); copy++) {
        const registers = (parts[copy] ?? parts[0]) as readonly Register[];
        storeLanes(v, output.dtype, registers, walks.address(output, copy), lanes);
      }
    });
  }

  private accumulatorCount(i: number): number {
    if (this.nest.vector >= this.nest.outer) return this.plan.width;
    return (this.facts[i] as ScalarFacts).perLane ? this.values.copies : 1;
  }

  private accumulate(scalar: Reduce, into: readonly Value[]): void {
    const { copies, lanes } = this.values;
    const parts = this.values.compute(scalar.arg);
    const withinRow = this.nest.vector >= this.nest.outer;
    const count = withinRow ? copies : into.length;
    for (let copy = 0; copy < count; copy++) {
      const part = (parts[copy] ?? parts[0]) as Value;
      accumulate(this.v, scalar, into[copy] as Value, part, withinRow ? lanes : 4);
    }
  }
}
