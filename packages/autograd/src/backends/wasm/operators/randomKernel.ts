/**
 * @file Random numbers: Threefry-2x32 with 20 rounds, four counters at a time, with the bits of the reference. Each round
 * depends on the one before, so several runs are interleaved to hide the latency.
 *
 * Normal numbers of float32 use logarithms, sines and cosines of float64, two at a time; rounded once they equal those of the
 * reference, except for one in some hundred million whose last bit differs. Those of float64 call the engine's own functions,
 * as the reference does. Threads take ranges of counters.
 */
import type { RandomKernel } from '../../../engine/compile/operators.js';
import { itemSize } from '../../../graph/dtype.js';
import type { FunctionBuilder, ModuleBuilder, Word } from '../assembler/moduleBuilder.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { kernelFunction, SCRATCH } from '../assembler/kernelFunction.js';
import { forShare } from '../assembler/nest.js';
import { Lanes, type Register } from '../elements/lanes.js';
import { logD, trigD } from '../elements/math64.js';
import { F32x4, F64, F64x2, I32, I32x4, I64, SHUFFLE, V128 } from '../assembler/opcodes.js';
import {
  deriveKey,
  keyLocals,
  leadingBits,
  threefryRounds,
  type Key,
  type Run,
} from './threefryRounds.js';

/** Below this many numbers one thread is as fast as many. */
const SERIAL_WORK = 4096;
/** The counters of a run, and the bytes of their results. */
const BLOCKS = 4;
const RUN_BYTES = 32;
/** The runs of a step: logarithms and sines leave registers for only two. */
const RUNS = { uniform: 4, normal: 2 } as const;

export function planRandom(kernel: RandomKernel): FormedKernel {
  const { count, distribution, out } = kernel;
  const single = out.dtype === 'float32';
  const perStep = (RUNS[distribution] * RUN_BYTES) / itemSize[out.dtype];
  const parallel = count >= SERIAL_WORK;
  const block = new Block();
  const words: RandomWords = {
    seed: block.place(kernel.inputs[0]),
    first: block.place(kernel.inputs[1]),
    out: block.place(out),
    steps: block.number(Math.ceil(count / perStep)),
    whole: block.number(Math.floor(count / perStep)),
    rest: block.number(((count % perStep) * itemSize[out.dtype]) / 4),
  };
  return {
    key: `random ${distribution} ${out.dtype} ${parallel}`,
    block,
    parallel,
    threadScratch: 0,
    write: (module) => new RandomWriter(module, distribution, single).write(words, parallel),
  };
}

interface RandomWords {
  readonly seed: Word;
  readonly first: Word;
  readonly out: Word;
  /** The number of steps, the number of those whose results are all used, and the four-byte words that the last step adds. */
  readonly steps: Word;
  readonly whole: Word;
  readonly rest: Word;
}

class RandomWriter {
  private readonly f: FunctionBuilder;
  private readonly v: Lanes;
  private readonly distribution: RandomKernel['distribution'];
  private readonly single: boolean;
  private readonly key: Key;

  constructor(module: ModuleBuilder, distribution: RandomKernel['distribution'], single: boolean) {
    this.f = kernelFunction(module);
    this.v = new Lanes(this.f);
    this.distribution = distribution;
    this.single = single;
    this.key = keyLocals(this.f);
  }

  write(words: RandomWords, parallel: boolean): FunctionBuilder {
    const { f } = this;
    const first = this.number(words.first);
    this.readKey(words.seed);
    const [to, at] = [f.local('i32'), f.local('i32')];
    const count = RUNS[this.distribution];
    const runs = Array.from({ length: count }, (): Run => [f.local('v128'), f.local('v128')]);
    const bytes = count * RUN_BYTES;
    forShare(f, words.steps, parallel, (step) => {
      this.counters(first, step, runs);
      threefryRounds(f, this.key, runs);
      f.push(words.out).get(step).i32(bytes).op(I32.mul).op(I32.add).set(to);
      // Surplus results of the last step stay in scratch memory.
      f.get(to).get(SCRATCH).get(step).push(words.whole).op(I32.ltU).select().set(at);
      for (const [a, b] of runs) {
        this.numbers(a, b, at);
        f.advance(at, RUN_BYTES);
      }
      f.advance(at, -bytes);
      f.get(step).push(words.whole).op(I32.geU);
      f.if(() =>
        f.repeat(words.rest, () => {
          f.get(to).get(at).memory(I32.load, 0).memory(I32.store, 0);
          f.advance(to, 4).advance(at, 4);
        }),
      );
    });
    return f;
  }

  /** Reads an integer of up to 53 bits from an input, as an i64. */
  private number(input: Word): number {
    const { f } = this;
    const value = f.local('i64');
    f.push(input).memory(F64.load, 0).op(I64.fromF64U).set(value);
    return value;
  }

  private readKey(input: Word): void {
    const { f } = this;
    const [k0, k1] = this.key.words;
    const seed = this.number(input);
    f.get(seed).op(I64.toI32).op(I32x4.splat).set(k0);
    f.get(seed).i64(32).op(I64.shrU).op(I64.toI32).op(I32x4.splat).set(k1);
    deriveKey(f, this.key);
  }

  /** The low and high words of the counters of a step. */
  private counters(first: number, step: number, runs: readonly Run[]): void {
    const { f } = this;
    const base = f.local('i64');
    f.get(first)
      .get(step)
      .op(I64.fromU32)
      .i64(Math.log2(BLOCKS * runs.length))
      .op(I64.shl)
      .op(I64.add)
      .set(base);
    for (const [k, [low, high]] of runs.entries()) {
      const at = BLOCKS * k;
      f.get(base)
        .op(I64.toI32)
        .op(I32x4.splat)
        .v128([at, at + 1, at + 2, at + 3]);
      f.op(I32x4.add).set(low);
      f.get(base).i64(32).op(I64.shrU).op(I64.toI32).op(I32x4.splat);
      // A sum below one of its terms has carried; there the comparison gives −1.
      f.get(low).get(base).op(I64.toI32).op(I32x4.splat).op(I32x4.ltU).op(I32x4.sub).set(high);
    }
  }

  /** Converts the bits of a step into numbers at the local `to`. */
  private numbers(a: number, b: number, to: number): void {
    if (this.distribution === 'normal') return this.normal(a, b, to);
    const { f } = this;
    if (!this.single) {
      this.units53(a, b, to);
      return;
    }
    for (const word of [a, b]) {
      f.get(word).i32(8).op(I32x4.shrU).op(F32x4.fromI32);
      f.f32(2 ** -24)
        .op(F32x4.splat)
        .op(F32x4.mul)
        .set(word);
    }
    f.get(to).get(a).get(b).shuffle32(SHUFFLE, [0, 4, 1, 5]).memory(V128.store, 0);
    f.get(to).get(a).get(b).shuffle32(SHUFFLE, [2, 6, 3, 7]).memory(V128.store, 16);
  }

  /** The 53 bits of each lane as a number in [0, 1), two at a time. */
  private units53(a: number, b: number, to: number): void {
    const { f, v } = this;
    for (const half of [0, 1] as const)
      v.scope(() => {
        f.get(to)
          .get(v.mulD(leadingBits(v, [a, b], half, 53), v.f64(2 ** -53)))
          .memory(V128.store, 16 * half);
        return [];
      });
  }

  /** Pushes the lane's 53 bits as a number in [0, 1). */
  private unit53(a: number, b: number, lane: number): void {
    const { f } = this;
    f.get(a).lane(I32x4.extract, lane).i32(5).op(I32.shrU).op(F64.fromU32);
    f.f64(2 ** 26).op(F64.mul);
    f.get(b).lane(I32x4.extract, lane).i32(6).op(I32.shrU).op(F64.fromU32).op(F64.add);
    f.f64(2 ** -53).op(F64.mul);
  }

  /** The pairs of Box and Muller: `√(−2 ln u) · (cos 2πv, sin 2πv)`. */
  private normal(a: number, b: number, to: number): void {
    if (this.single) {
      this.normal32(a, b, to);
      return;
    }
    const { f } = this;
    const [u, v] = [f.local('f64'), f.local('f64')];
    for (let k = 0; k < BLOCKS; k += 2) {
      f.f64(1);
      this.unit53(a, b, k);
      f.op(F64.sub).set(u);
      this.unit53(a, b, k + 1);
      f.set(v);
      this.pair(u, v, to, 8 * k);
    }
  }

  private normal32(a: number, b: number, to: number): void {
    const { f, v } = this;
    for (const half of [0, 1] as const) {
      const unit = (word: number, first: number): Register => {
        const two = half === 0 ? word : v.shuffle(word, word, [2, 3, 2, 3]);
        const whole = v.un(F64x2.fromLowU32, two);
        return v.mulD(first === 0 ? whole : v.addD(whole, v.f64(first)), v.f64(2 ** -32));
      };
      v.scope(() => {
        const radius = v.un(F64x2.sqrt, v.mulD(v.f64(-2), logD(v, unit(a, 0.5))));
        const angle = v.mulD(v.f64(2 * Math.PI), unit(b, 0));
        const [x, y] = (['cos', 'sin'] as const).map((name) =>
          v.un(F32x4.demoteF64, v.mulD(radius, trigD(v, angle, name))),
        ) as [Register, Register];
        f.get(to)
          .get(v.shuffle(x, y, [0, 4, 1, 5]))
          .memory(V128.store, 16 * half);
        return [];
      });
    }
  }

  /** A pair of float64. */
  private pair(u: number, v: number, to: number, at: number): void {
    const { f } = this;
    const [radius, angle] = [f.local('f64'), f.local('f64')];
    f.f64(-2)
      .get(u)
      .call(f.module.math('log', ['f64'], ['f64']))
      .op(F64.mul)
      .op(F64.sqrt)
      .set(radius);
    f.f64(2 * Math.PI)
      .get(v)
      .op(F64.mul)
      .set(angle);
    for (const [k, name] of (['cos', 'sin'] as const).entries()) {
      f.get(to)
        .get(radius)
        .get(angle)
        .call(f.module.math(name, ['f64'], ['f64']))
        .op(F64.mul);
      f.memory(F64.store, at + 8 * k);
    }
  }
}
