/** @file Threefry-2x32 with 20 rounds on vectors: four counters at a time, and several vectors of them interleaved. */
import type { FunctionBuilder } from '../assembler/moduleBuilder.js';
import type { Lanes, Register } from '../elements/lanes.js';
import { F64x2, I32x4, V128 } from '../assembler/opcodes.js';

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
/** Groups of four rounds. */
const GROUPS = 5;

/** The words of four counters, the low and the high ones, which become random bits. */
export type Run = readonly [a: number, b: number];

/** Locals of the key: its two words, the word derived from them, and what is added to the high words after each group. */
export interface Key {
  readonly words: readonly [number, number, number];
  readonly numbered: readonly number[];
}

export function keyLocals(f: FunctionBuilder): Key {
  const local = (): number => f.local('v128');
  return {
    words: [local(), local(), local()],
    numbered: Array.from({ length: GROUPS }, local),
  };
}

/** Derives the other locals from the two words of a key. */
export function deriveKey(f: FunctionBuilder, { words, numbered }: Key): void {
  const [k0, k1, k2] = words;
  f.i32(0x1bd11bda).op(I32x4.splat).get(k0).op(V128.xor).get(k1).op(V128.xor).set(k2);
  numbered.forEach((sum, group) => {
    f.get(words[(group + 2) % 3] as number);
    f.i32(group + 1)
      .op(I32x4.splat)
      .op(I32x4.add)
      .set(sum);
  });
}

/** Turns counters into random bits. */
export function threefryRounds(
  f: FunctionBuilder,
  { words, numbered }: Key,
  runs: readonly Run[],
): void {
  const add = (x: number, y: number): void => void f.get(x).get(y).op(I32x4.add).set(x);
  for (const [x, y] of runs) {
    add(x, words[0]);
    add(y, words[1]);
  }
  numbered.forEach((sum, group) => {
    for (const rotation of ROTATIONS[group % 2] as readonly number[])
      for (const [x, y] of runs) round(f, x, y, rotation);
    for (const [x, y] of runs) {
      add(x, words[(group + 1) % 3] as number);
      add(y, sum);
    }
  });
}

function round(f: FunctionBuilder, x: number, y: number, rotation: number): void {
  f.get(x).get(y).op(I32x4.add).set(x);
  f.get(y).i32(rotation).op(I32x4.shl);
  f.get(y)
    .i32(32 - rotation)
    .op(I32x4.shrU);
  f.op(V128.or).get(x).op(V128.xor).set(y);
}

/** The first random bits of two lanes, as whole numbers in float64: 27 bits of the first word, the rest of the second. */
export function leadingBits(v: Lanes, [a, b]: Run, half: 0 | 1, count: 52 | 53): Register {
  const ofB = count - 27;
  const wide = (word: number, dropped: number): Register => {
    const two = half === 0 ? word : v.shuffle(word, word, [2, 3, 2, 3]);
    return v.un(F64x2.fromLowU32, v.shift(I32x4.shrU, two, dropped));
  };
  return v.addD(v.mulD(wide(a, 5), v.f64(2 ** ofB)), wide(b, 32 - ofB));
}
