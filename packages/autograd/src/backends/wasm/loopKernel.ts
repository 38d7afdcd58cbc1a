/**
 * @file A fused loop nest as one WebAssembly function.
 *
 * Four points (or four rows, where rows are what lies contiguous) go through the lanes of a vector, a few vectors at a
 * time. Each pass over a row folds one level of reductions and writes the points that are known by then. Everything that
 * does not vary within a loop is computed before it.
 */
import type { LoopKernel, Scalar } from '../../engine/kernel.js';
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import { accumulate, fold, freshAccumulators, settle } from './accumulators.js';
import type { Reduce } from './accumulators.js';
import type { Value } from './elementOps.js';
import { Lanes } from './lanes.js';
import type { Register } from './lanes.js';
import { storable, storeLanes } from './laneMemory.js';
import { analyseBody, closure } from './loopBody.js';
import type { ScalarFacts } from './loopBody.js';
import { planNest } from './loopNest.js';
import type { Nest, Walk } from './loopNest.js';
import { levelToShare, planCaches, planPasses, vectorsOf } from './loopPasses.js';
import type { Pass } from './loopPasses.js';
import { LoopValues } from './loopValues.js';
import { I32 } from './opcodes.js';
import type { CompiledKernel, KernelContext } from './kernelFunction.js';
import { kernelFunction, THREAD, THREADS, threadRange } from './kernelFunction.js';
import { Walks } from './walks.js';

/** Points times instructions below which one thread is as fast as many. */
const SERIAL_WORK = 32 * 1024;

export function compileLoop(
  module: ModuleBuilder,
  kernel: LoopKernel,
  context: KernelContext,
): CompiledKernel {
  return new LoopCompiler(module, kernel, context).compile();
}

class LoopCompiler {
  private readonly context: KernelContext;
  private readonly body: readonly Scalar[];
  private readonly all: readonly number[];
  private readonly nest: Nest;
  private readonly facts: readonly ScalarFacts[];
  private readonly passes: readonly Pass[];
  private readonly f: FunctionBuilder;
  private readonly v: Lanes;
  private readonly walks: Walks;
  private readonly values: LoopValues;
  /** Vectors side by side along the vector level, and the points of such a step. */
  private readonly width: number;
  private readonly step: number;
  private readonly shared: number;
  private readonly parallel: boolean;
  private readonly scratch: number;

  constructor(module: ModuleBuilder, kernel: LoopKernel, context: KernelContext) {
    const { body } = kernel;
    this.context = context;
    this.body = body;
    this.all = body.map((_, i) => i);
    this.nest = planNest(kernel);
    this.facts = analyseBody(kernel, this.nest);
    this.passes = planPasses(body, this.nest, this.facts);
    this.f = kernelFunction(module);
    this.v = new Lanes(this.f, context.fma);
    this.width = vectorsOf(body, this.nest, this.facts, context.width);
    this.step = 4 * this.width;
    this.shared = levelToShare(this.nest, this.width);
    const points = this.nest.sizes.reduce((product, size) => product * size, 1);
    const weight = this.facts.reduce((sum, fact) => sum + (fact.expensive ? 8 : 1), 0);
    this.parallel = this.shared >= 0 && points * weight >= SERIAL_WORK;
    const { caches, bytes } = planCaches(kernel, this.nest, this.facts, this.passes);
    this.scratch = bytes;
    this.walks = new Walks(this.f, this.nest, this.step, caches.values());
    this.values = new LoopValues(this.v, this.walks, body, this.nest, this.facts, caches);
  }

  compile(): CompiledKernel {
    if (this.nest.sizes.slice(0, this.nest.outer).every((size) => size > 0)) {
      this.values.computeAt(-1, this.all, 0);
      this.outerLevel(0);
    }
    return { function: this.f, parallel: this.parallel, threadScratch: this.scratch };
  }

  // Loops.

  private outerLevel(level: number): void {
    if (level === this.nest.outer) {
      this.row();
      return;
    }
    this.loop(level, this.parallel && level === this.shared, () => {
      this.values.computeAt(level, this.all, 0);
      this.outerLevel(level + 1);
    });
  }

  /** A loop over `level` around `body`, which is written once for each width of the vector level. */
  private loop(level: number, split: boolean, body: () => void): void {
    const { f, values, step } = this;
    const size = this.nest.sizes[level] as number;
    const vector = level === this.nest.vector;
    if (size === 0) return;
    const start = split ? f.local('i32') : undefined;
    const end = split ? f.local('i32') : undefined;
    const count = vector ? Math.floor(size / step) : size;
    if (start !== undefined && end !== undefined) threadRange(f, count, start, end);
    this.walks.along(level, start, (moving) => {
      const wide = (copies: number, lanes: number): void => {
        values.copies = copies;
        values.lanes = lanes;
      };
      if (vector) wide(this.width, 4);
      const by = vector ? step : 1;
      if (start === undefined || end === undefined) {
        f.repeat(count, () => this.iteration(moving, level, by, body));
      } else {
        f.get(end).get(start).op(I32.sub).set(end);
        f.repeatLocal(end, () => this.iteration(moving, level, by, body));
      }
      if (!vector) return;
      const rest = size - count * step;
      const tail = (): void => {
        wide(1, 4);
        f.repeat(Math.floor(rest / 4), () => this.iteration(moving, level, 4, body));
        wide(1, rest % 4);
        if (rest % 4 > 0) this.iteration(moving, level, 0, body);
      };
      // The last thread does what does not fill a step.
      if (split && rest > 0) f.get(THREAD).i32(1).op(I32.add).get(THREADS).op(I32.eq).if(tail);
      else tail();
      wide(1, 4);
    });
  }

  private iteration(moving: readonly Walk[], level: number, by: number, body: () => void): void {
    this.values.scope(body);
    this.walks.advance(moving, level, by);
    const { vector, sizes } = this.nest;
    if (this.context.width === 'wide' && level === vector && level === sizes.length - 1) {
      // A register that a loop assigns would count as used outside it, and keep pairs from being fused.
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
      this.walk(pass, () => {
        for (const { scalar, into } of folds) this.accumulate(scalar, into);
        this.store(pass.outputs);
      });
      for (const { i, scalar, into } of folds) {
        const result =
          this.nest.vector < this.nest.outer
            ? into.map((part) => settle(this.v, scalar, part))
            : [fold(this.v, scalar, into, this.context.width === 'wide')];
        values.set(i, result);
      }
    });
  }

  /** One walk over the points of a row, `leaf` at each. */
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
    // Everything is computed before anything is stored, so that a buffer may be rewritten in place.
    const ready = outputs.map((output) =>
      values.compute(output.value).map((value) => storable(v, value)),
    );
    outputs.forEach((output, k) => {
      const parts = ready[k] as (readonly Register[])[];
      const perLane = (vector < outer || output.perPoint) && output.strides[vector] !== 0;
      const lanes = perLane ? values.lanes : 1;
      for (let copy = 0; copy < (perLane ? values.copies : 1); copy++) {
        const registers = (parts[copy] ?? parts[0]) as readonly Register[];
        storeLanes(v, output.dtype, registers, walks.address(output, copy), lanes);
      }
    });
  }

  private accumulatorCount(i: number): number {
    if (this.nest.vector >= this.nest.outer) return this.width;
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
