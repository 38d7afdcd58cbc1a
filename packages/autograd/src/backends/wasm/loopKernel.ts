/**
 * @file A fused loop nest as one WebAssembly function.
 *
 * Four points (or four rows, where rows are what lies contiguous) go through the lanes of a vector, a few vectors at a
 * time. Each pass over a row folds one level of reductions; the last one writes the points. Everything that does not
 * vary within a loop is computed before it.
 */
import type { LoopKernel, Scalar } from '../../engine/kernel.js';
import { itemSize } from '../../graph/dtype.js';
import type { FunctionBuilder, ModuleBuilder } from './assembler.js';
import { accumulate, fold, freshAccumulators, settle } from './accumulators.js';
import type { Reduce } from './accumulators.js';
import { applyOp, constant } from './elementOps.js';
import type { Value } from './elementOps.js';
import { Lanes } from './lanes.js';
import type { Register } from './lanes.js';
import { loadLanes, storable, storeLanes } from './laneMemory.js';
import { analyseBody, closure, isCheap } from './loopBody.js';
import type { ScalarFacts } from './loopBody.js';
import { planNest } from './loopNest.js';
import type { Nest, Walk } from './loopNest.js';
import { I32, I32x4 } from './opcodes.js';
import type { CompiledKernel, KernelContext } from './kernelFunction.js';
import {
  FOLD_BYTES,
  kernelFunction,
  loadAddress,
  SCRATCH,
  THREAD,
  THREADS,
  threadRange,
} from './kernelFunction.js';

/** Rows up to this size keep what the next pass needs; longer ones compute it again. */
const CACHE_BYTES = 128 * 1024;
/** Points times instructions below which one thread is as fast as many. */
const SERIAL_WORK = 32 * 1024;

/** A pointer to where a walk stands. */
type Pointers = Map<Walk, number>;

export function compileLoop(
  module: ModuleBuilder,
  kernel: LoopKernel,
  context: KernelContext,
): CompiledKernel {
  return new LoopCompiler(module, kernel, context).compile();
}

class LoopCompiler {
  private readonly kernel: LoopKernel;
  private readonly context: KernelContext;
  private readonly body: readonly Scalar[];
  private readonly nest: Nest;
  private readonly facts: readonly ScalarFacts[];
  private readonly f: FunctionBuilder;
  private readonly v: Lanes;
  private pointers: Pointers = new Map();
  /** Values at hand, a vector for each copy that varies. */
  private values = new Map<number, readonly Value[]>();
  private readonly caches = new Map<number, Walk>();
  private cached = new Set<number>();
  private passRoots: readonly (readonly number[])[] | undefined;
  /** The walks that the present pass over a row moves; all of them outside. */
  private active: ReadonlySet<Walk> | undefined;
  private accumulators = new Map<number, readonly Value[]>();
  /** Vectors that go side by side, and how many lanes of the last are real. */
  private copies = 1;
  private lanes = 4;
  private readonly parallel: boolean;
  private readonly parallelLevel: number;

  constructor(module: ModuleBuilder, kernel: LoopKernel, context: KernelContext) {
    this.kernel = kernel;
    this.context = context;
    this.body = kernel.body;
    this.nest = planNest(kernel);
    this.facts = analyseBody(kernel, this.nest);
    this.f = kernelFunction(module);
    this.v = new Lanes(this.f, context.fma);
    const points = this.nest.sizes.reduce((product, size) => product * size, 1);
    const weight = this.facts.reduce((sum, fact) => sum + (fact.expensive ? 8 : 1), 0);
    this.parallelLevel = this.levelToShare();
    this.parallel =
      this.nest.outer > 0 && this.parallelLevel >= 0 && points * weight >= SERIAL_WORK;
  }

  /** The level that threads share: one along which all outputs move, the first unless the vector level has more to do. */
  private levelToShare(): number {
    const { sizes, outer, vector, outputs } = this.nest;
    const free = (level: number): boolean =>
      outputs.every(({ strides }) => strides[level] !== 0) || sizes[level] === 1;
    const blocks = (level: number): number =>
      level === vector
        ? Math.floor((sizes[level] as number) / (4 * this.width(level)))
        : (sizes[level] as number);
    const first = sizes.slice(0, outer).findIndex((_, level) => free(level));
    const last = outer - 1;
    return vector === last &&
      first < last &&
      free(last) &&
      (first < 0 || blocks(last) > blocks(first))
      ? last
      : first;
  }

  compile(): CompiledKernel {
    let scratch = 0;
    if (this.nest.sizes.slice(0, this.nest.outer).every((size) => size > 0)) {
      scratch = this.planCaches();
      this.loadPointers();
      this.computeAt(
        -1,
        this.body.map((_, i) => i),
        0,
      );
      this.outerLevel(0);
    }
    return { function: this.f, parallel: this.parallel, threadScratch: scratch };
  }

  /** How many vectors to take at a time along the vector level. */
  private width(level: number): number {
    const size = this.nest.sizes[level] as number;
    const cheap = this.facts.every((fact) => !fact.expensive);
    const columns = this.nest.vector < this.nest.outer && this.nest.sizes.length > this.nest.outer;
    // Columns are walked down: less than a cache line at a time would fetch every line twice.
    const simple = cheap && this.body.length <= 5;
    const most = simple && this.context.width === 'wide' ? 16 : 8;
    let width = columns ? (cheap ? most : 4) : simple ? 4 : 2;
    if (this.body.some((scalar) => scalar.dtype === 'float64')) width = Math.max(2, width / 2);
    while (width > 1 && size < 4 * width) width /= 2;
    return width;
  }

  // Scratch: values of a row that a later pass reads back.

  private planCaches(): number {
    const { sizes, outer, vector } = this.nest;
    if (vector < outer || sizes.length === outer) return 0;
    const length = sizes.slice(outer).reduce((product, size) => product * size, 1);
    let bytes = 0;
    // The last scalar first: what only serves a kept value need not be kept itself.
    for (let i = this.body.length - 1; i >= 0; i--) {
      const scalar = this.body[i] as Scalar;
      const fact = this.facts[i] as ScalarFacts;
      if (scalar.kind !== 'op' || scalar.dtype === 'bool' || scalar.dtype === 'int32') continue;
      if (isCheap(scalar.op) || !fact.perLane) continue;
      const uses = this.passes().filter((roots) =>
        closure(this.body, roots, (j) => this.caches.has(j)).includes(i),
      );
      const size = itemSize[scalar.dtype];
      const needed = Math.ceil((length * size + 64) / 64) * 64;
      if (uses.length < 2 || bytes + needed > CACHE_BYTES) continue;
      const strides = sizes.map(() => 0);
      for (let level = sizes.length - 1, stride = 1; level >= outer; level--) {
        strides[level] = stride;
        stride *= sizes[level] as number;
      }
      this.caches.set(i, { buffer: -2, dtype: scalar.dtype, size, offset: bytes, strides });
      bytes += needed;
    }
    return bytes;
  }

  /** The roots of each pass over a row: what is reduced, and the outputs of each point that are known by then. */
  private passes(): readonly (readonly number[])[] {
    if (this.passRoots !== undefined) return this.passRoots;
    const passes: number[][] = [];
    this.body.forEach((scalar, i) => {
      if (scalar.kind === 'reduce')
        (passes[(this.facts[i] as ScalarFacts).phase - 1] ??= []).push(scalar.arg);
    });
    passes.push([]);
    passes.forEach((roots, pass) =>
      roots.push(...this.pointOutputs(pass, passes.length - 1).map((output) => output.value)),
    );
    this.passRoots = passes;
    return passes;
  }

  /** The outputs of each point that a pass writes: as early as they are known, unless a later pass reads their place. */
  private pointOutputs(pass: number, last: number): Nest['outputs'] {
    const { inputs, outputs } = this.nest;
    return outputs.filter(({ perPoint, value, buffer }) => {
      const read = inputs.some((input) => input.buffer === buffer);
      return perPoint && pass === (read ? last : (this.facts[value] as ScalarFacts).phase);
    });
  }

  // Pointers.

  private loadPointers(): void {
    const known = new Map<string, number>();
    const walks = [
      ...this.nest.inputs,
      ...this.nest.outputs,
      ...this.nest.coordinates.values(),
      ...this.caches.values(),
    ];
    for (const walk of walks) {
      const key = `${walk.buffer}:${walk.offset * walk.size}`;
      let pointer = walk.buffer >= 0 ? known.get(key) : undefined;
      if (pointer === undefined) {
        pointer = this.f.local('i32');
        known.set(key, pointer);
        if (walk.buffer >= 0) loadAddress(this.f, walk.buffer);
        else if (walk.buffer === -1) this.f.i32(0);
        else this.f.get(SCRATCH);
        const bytes = walk.buffer === -2 ? FOLD_BYTES + walk.offset : walk.offset * walk.size;
        if (bytes !== 0) this.f.i32(bytes).op(I32.add);
        this.f.set(pointer);
      }
      this.pointers.set(walk, pointer);
    }
  }

  /** Runs `body` with pointers of their own for what moves along `level`. */
  private walking(
    level: number,
    start: number | undefined,
    body: (moving: readonly Walk[]) => void,
  ): void {
    const before = this.pointers;
    const pointers = new Map(before);
    const moving = [...before.keys()].filter(
      (walk) => walk.strides[level] !== 0 && (this.active === undefined || this.active.has(walk)),
    );
    for (const walk of moving) {
      const pointer = this.f.local('i32');
      this.f.get(before.get(walk) as number);
      if (start !== undefined) {
        this.f
          .get(start)
          .i32(this.bytes(walk, level) * (level === this.nest.vector ? this.step(level) : 1));
        this.f.op(I32.mul).op(I32.add);
      }
      this.f.set(pointer);
      pointers.set(walk, pointer);
    }
    this.pointers = pointers;
    body(moving);
    this.pointers = before;
  }

  private bytes(walk: Walk, level: number): number {
    return (walk.strides[level] as number) * walk.size;
  }

  private step(level: number): number {
    return 4 * this.width(level);
  }

  // Loops.

  /** A loop over `level` around `body`, which is written once for each width of the vector level. */
  private loop(level: number, split: boolean, body: () => void): void {
    const size = this.nest.sizes[level] as number;
    if (size === 0) return;
    const start = split ? this.f.local('i32') : undefined;
    const end = split ? this.f.local('i32') : undefined;
    const count = level === this.nest.vector ? Math.floor(size / this.step(level)) : size;
    if (start !== undefined && end !== undefined) threadRange(this.f, count, start, end);
    this.walking(level, start, (moving) => {
      const run = (times: number, by: number, copies: number, lanes: number): void => {
        this.copies = copies;
        this.lanes = lanes;
        this.f.repeat(times, () => this.iteration(moving, level, by, body));
      };
      if (start === undefined || end === undefined) {
        if (level === this.nest.vector) run(count, this.step(level), this.width(level), 4);
        else run(count, 1, this.copies, this.lanes);
      } else {
        const vector = level === this.nest.vector;
        if (vector) {
          this.copies = this.width(level);
          this.lanes = 4;
        }
        this.f.get(end).get(start).op(I32.sub).set(end);
        this.f.repeatLocal(end, () =>
          this.iteration(moving, level, vector ? this.step(level) : 1, body),
        );
      }
      if (level === this.nest.vector) {
        const rest = size - count * this.step(level);
        const tail = (): void => {
          run(Math.floor(rest / 4), 4, 1, 4);
          run(rest % 4 > 0 ? 1 : 0, 0, 1, rest % 4);
        };
        // The last thread does what does not fill a step.
        if (split && rest > 0)
          this.f.get(THREAD).i32(1).op(I32.add).get(THREADS).op(I32.eq).if(tail);
        else tail();
      }
    });
    if (level === this.nest.vector) {
      this.copies = 1;
      this.lanes = 4;
    }
  }

  private iteration(moving: readonly Walk[], level: number, by: number, body: () => void): void {
    const values = this.values;
    this.values = new Map(values);
    this.v.scope(() => {
      body();
      return [];
    });
    this.values = values;
    for (const walk of moving)
      this.f.advance(this.pointers.get(walk) as number, this.bytes(walk, level) * by);
    if (
      this.context.width === 'wide' &&
      level === this.nest.vector &&
      level === this.nest.sizes.length - 1
    ) {
      // A register that a loop assigns would count as used outside it, and keep pairs from being fused.
      for (const register of this.v.temporaries()) this.f.v128Zero().set(register);
    }
  }

  private outerLevel(level: number): void {
    if (level === this.nest.outer) {
      this.row();
      return;
    }
    this.loop(level, this.parallel && level === this.parallelLevel, () => {
      this.computeAt(
        level,
        this.body.map((_, i) => i),
        0,
      );
      this.outerLevel(level + 1);
    });
  }

  // A row.

  private row(): void {
    const passes = this.passes();
    this.cached = new Set();
    passes.forEach((roots, pass) => {
      const points = this.pointOutputs(pass, passes.length - 1);
      if (pass === passes.length - 1) {
        this.store(this.nest.outputs.filter((output) => !output.perPoint));
        if (roots.length > 0) this.pass(roots, points, () => this.store(points));
        return;
      }
      const reduces = this.body.flatMap((scalar, i) =>
        scalar.kind === 'reduce' && (this.facts[i] as ScalarFacts).phase === pass + 1
          ? [{ scalar, i }]
          : [],
      );
      for (const { scalar, i } of reduces)
        this.accumulators.set(i, freshAccumulators(this.v, scalar, this.accumulatorCount(i)));
      this.pass(roots, points, () => {
        for (const { scalar, i } of reduces) this.accumulate(scalar, i);
        this.store(points);
      });
      for (const { scalar, i } of reduces) {
        const parts = this.accumulators.get(i) as readonly Value[];
        const result =
          this.nest.vector < this.nest.outer
            ? parts.map((part) => settle(this.v, scalar, part))
            : [fold(this.v, scalar, parts, this.context.width === 'wide')];
        this.values.set(i, result);
      }
    });
  }

  /** One walk over the points of a row. */
  private pass(roots: readonly number[], points: Nest['outputs'], leaf: () => void): void {
    const needed = closure(this.body, roots, (i) => this.cached.has(i));
    const fresh = needed.filter((i) => this.caches.has(i) && !this.cached.has(i));
    this.computeAt(this.nest.outer - 1, needed, Infinity);
    const level = (l: number): void => {
      if (l === this.nest.sizes.length) {
        for (const i of roots) this.compute(i);
        leaf();
        for (const i of fresh) this.storeCache(i);
        return;
      }
      this.loop(l, false, () => {
        this.computeAt(l, needed, Infinity);
        level(l + 1);
      });
    };
    this.active = new Set([...needed.flatMap((i) => this.walkOf(i) ?? []), ...points]);
    level(this.nest.outer);
    this.active = undefined;
    for (const i of fresh) this.cached.add(i);
  }

  private walkOf(i: number): Walk | undefined {
    const scalar = this.body[i] as Scalar;
    if (scalar.kind === 'load') return this.nest.inputs[scalar.input];
    return scalar.kind === 'index' ? this.nest.coordinates.get(scalar.dim) : this.caches.get(i);
  }

  private storeCache(i: number): void {
    const walk = this.caches.get(i) as Walk;
    (this.values.get(i) ?? []).forEach((value, copy) => {
      storeLanes(this.v, walk.dtype, value.registers, this.address(walk, copy), 4);
    });
  }

  /** Computes what varies along `level` and no deeper, and is known after `phase` levels of reductions. */
  private computeAt(level: number, needed: readonly number[], phase: number): void {
    const deepestCopies = this.nest.vector > level;
    for (const i of needed) {
      const fact = this.facts[i] as ScalarFacts;
      if (fact.depth > level || fact.phase > phase || (fact.perLane && deepestCopies)) continue;
      const scalar = this.body[i] as Scalar;
      if (scalar.kind === 'reduce' || (phase === Infinity && this.waitsForReduce(i))) continue;
      this.compute(i);
    }
  }

  /** Whether a value hangs on a reduction that is not folded yet. */
  private waitsForReduce(i: number): boolean {
    if (this.values.has(i)) return false;
    const scalar = this.body[i] as Scalar;
    if (scalar.kind === 'reduce') return true;
    return scalar.kind === 'op' && scalar.args.some((arg) => this.waitsForReduce(arg));
  }

  private compute(i: number): readonly Value[] {
    const known = this.values.get(i);
    if (known !== undefined) return known;
    const scalar = this.body[i] as Scalar;
    const fact = this.facts[i] as ScalarFacts;
    const count = fact.perLane ? this.copies : 1;
    const made: Value[] = [];
    const cache = this.cached.has(i) ? this.caches.get(i) : undefined;
    if (cache !== undefined) {
      for (let copy = 0; copy < count; copy++)
        made.push(loadLanes(this.v, cache.dtype, this.address(cache, copy), 4));
    } else if (scalar.kind === 'op') {
      const args = scalar.args.map((arg) => this.compute(arg));
      for (let copy = 0; copy < count; copy++) {
        const at = args.map((values) => (values[copy] ?? values[0]) as Value);
        made.push(applyOp(this.v, scalar.op, scalar.dtype, at));
      }
    } else if (scalar.kind === 'const') {
      made.push(constant(this.v, scalar.value, scalar.dtype));
    } else if (scalar.kind === 'load') {
      const walk = this.nest.inputs[scalar.input] as Walk;
      for (let copy = 0; copy < count; copy++) {
        made.push(loadLanes(this.v, walk.dtype, this.address(walk, copy), this.lanes));
      }
    } else if (scalar.kind === 'index') {
      for (let copy = 0; copy < count; copy++) made.push(this.coordinate(scalar.dim, copy));
    }
    this.values.set(i, made);
    return made;
  }

  private coordinate(dim: number, copy: number): Value {
    const walk = this.nest.coordinates.get(dim) as Walk;
    const registers = this.v.scope(() => {
      const out = this.v.register();
      this.f
        .get(this.pointers.get(walk) as number)
        .op(I32x4.splat)
        .set(out);
      if (walk.strides[this.nest.vector] === 0) return [out];
      return [
        this.v.bin(I32x4.add, this.v.bin(I32x4.add, out, this.v.iota()), this.v.i32(4 * copy)),
      ];
    });
    return { dtype: 'int32', registers };
  }

  private address(walk: Walk, copy: number): { pointer: number; offset: number; stride: number } {
    const stride = walk.strides[this.nest.vector] as number;
    return {
      pointer: this.pointers.get(walk) as number,
      offset: copy * 4 * stride * walk.size,
      stride,
    };
  }

  /** Stores some outputs: of each point, or of each row. */
  private store(outputs: Nest['outputs']): void {
    // Everything is computed before anything is stored, so that a buffer may be rewritten in place.
    const ready = outputs.map((output) =>
      this.compute(output.value).map((value) => storable(this.v, value)),
    );
    outputs.forEach((output, k) => {
      const parts = ready[k] as (readonly Register[])[];
      const perLane = this.nest.vector < this.nest.outer || output.perPoint;
      const count = perLane && output.strides[this.nest.vector] !== 0 ? this.copies : 1;
      const lanes = perLane && output.strides[this.nest.vector] !== 0 ? this.lanes : 1;
      for (let copy = 0; copy < count; copy++) {
        const registers = (parts[copy] ?? parts[0]) as readonly Register[];
        storeLanes(this.v, output.dtype, registers, this.address(output, copy), lanes);
      }
    });
  }

  // Reductions.

  private accumulatorCount(i: number): number {
    const { outer, vector } = this.nest;
    if (vector >= outer) return this.width(vector);
    return (this.facts[i] as ScalarFacts).perLane ? this.copies : 1;
  }

  private accumulate(scalar: Reduce, i: number): void {
    const into = this.accumulators.get(i) as readonly Value[];
    const parts = this.compute(scalar.arg);
    const withinRow = this.nest.vector >= this.nest.outer;
    const count = withinRow ? this.copies : into.length;
    for (let copy = 0; copy < count; copy++) {
      const part = (parts[copy] ?? parts[0]) as Value;
      accumulate(this.v, scalar, into[copy] as Value, part, withinRow ? this.lanes : 4);
    }
  }
}
