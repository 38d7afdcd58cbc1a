/**
 * @file The random numbers of many streams at once: four streams in the lanes of a vector, the first numbers of each; and
 * further numbers of one stream, four at a time. The bits are those of the plain generator.
 */
import type { FunctionBuilder, ModuleBuilder } from '../assembler/moduleBuilder.js';
import { Lanes } from '../elements/lanes.js';
import { I32, I32x4, V128 } from '../assembler/opcodes.js';
import { deriveKey, keyLocals, leadingBits, threefryRounds, type Run } from './threefryRounds.js';

/** How many streams are started together, and how many numbers of each are drawn at once. */
export const STREAMS = 64;
export const FIRST = 4;
/** Where the words of the streams' keys are, then their first numbers, number by number, then the further ones of one. */
export const KEYS = 0;
export const NUMBERS = KEYS + 2 * 4 * STREAMS;
export const FURTHER = NUMBERS + 8 * FIRST * STREAMS;

/**
 * Writes a function that takes a key and the counter of a stream, low words first: it starts that stream and the following ones.
 */
export function startLoop(module: ModuleBuilder): FunctionBuilder {
  const f = module.function(['i32', 'i32', 'i32', 'i32'], []);
  const v = new Lanes(f);
  const [k0, k1, low, high] = [0, 1, 2, 3];
  const [key, own] = [keyLocals(f), keyLocals(f)];
  const runs = runsOf(f, FIRST);
  const [a, b] = [f.local('v128'), f.local('v128')];
  const [at, left] = [f.local('i32'), f.local('i32')];
  f.get(k0).op(I32x4.splat).set(key.words[0]).get(k1).op(I32x4.splat).set(key.words[1]);
  deriveKey(f, key);
  f.i32(STREAMS / 4).set(left);
  f.repeatLocal(left, () => {
    f.get(low).op(I32x4.splat).v128([0, 1, 2, 3]).op(I32x4.add).set(a);
    // A sum below one of its terms has carried; there the comparison gives −1.
    f.get(high).op(I32x4.splat).get(a).get(low).op(I32x4.splat).op(I32x4.ltU).op(I32x4.sub).set(b);
    threefryRounds(f, key, [[a, b]]);
    f.get(at).get(a).memory(V128.store, KEYS);
    f.get(at)
      .get(b)
      .memory(V128.store, KEYS + 4 * STREAMS);
    f.get(a).set(own.words[0]).get(b).set(own.words[1]);
    deriveKey(f, own);
    runs.forEach(([x, y], k) => f.i32(k).op(I32x4.splat).set(x).v128Zero().set(y));
    threefryRounds(f, own, runs);
    f.advance(at, 16);
    runs.forEach((run, k) => storeUnits(v, run, at, 2, NUMBERS - 32 + 8 * STREAMS * k));
    f.get(low).i32(4).op(I32.add).tee(low).i32(4).op(I32.ltU).get(high).op(I32.add).set(high);
  });
  return f;
}

/** Writes a function that takes the key of a stream and how many of its numbers were drawn: it draws the next four. */
export function furtherLoop(module: ModuleBuilder): FunctionBuilder {
  const f = module.function(['i32', 'i32', 'i32'], []);
  const v = new Lanes(f);
  const [k0, k1, count] = [0, 1, 2];
  const key = keyLocals(f);
  const [[x, y]] = runsOf(f, 1) as [Run];
  f.get(k0).op(I32x4.splat).set(key.words[0]).get(k1).op(I32x4.splat).set(key.words[1]);
  deriveKey(f, key);
  f.get(count).op(I32x4.splat).v128([0, 1, 2, 3]).op(I32x4.add).set(x).v128Zero().set(y);
  threefryRounds(f, key, [[x, y]]);
  const start = f.local('i32');
  storeUnits(v, [x, y], start, 1, FURTHER);
  return f;
}

function runsOf(f: FunctionBuilder, count: number): Run[] {
  return Array.from({ length: count }, (): Run => [f.local('v128'), f.local('v128')]);
}

/**
 * Stores 52 bits n of each lane as (n + ½) / 2⁵², at a multiple of a local plus an offset: with 53 bits the sum would be rounded,
 * for the largest n to 1.
 */
function storeUnits(v: Lanes, run: Run, at: number, times: 1 | 2, offset: number): void {
  const { f } = v;
  for (const half of [0, 1] as const)
    v.scope(() => {
      f.get(at).i32(Math.log2(times)).op(I32.shl);
      f.get(v.mulD(v.addD(leadingBits(v, run, half, 52), v.f64(0.5)), v.f64(2 ** -52)));
      f.memory(V128.store, offset + 16 * half);
      return [];
    });
}
