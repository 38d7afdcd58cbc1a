/**
 * @file The random generator: Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1,
 * 2, 3", 2011). It turns a key (the seed) and a counter (the offset) into 64 random bits, so numbers can be drawn in
 * any order, on any backend, and are the same.
 */
import { display, passes } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, FormatError } from '../../errors.js';
import type { DType } from '../../graph/dtype.js';
import type { Value } from '../../graph/primitive.js';
import { sizeOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { counter } from '../../graph/version.js';
import { draws } from '../../graph/draws.js';
import { generator } from '../../graph/generatorState.js';
import { drawing } from '../../kernels/drawing.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';

/** The state of the random generator, which determines all numbers that follow: plain data that can be saved as JSON. */
export interface RngState {
  /** The seed. */
  readonly seed: number;
  /** The number of 64-bit blocks drawn so far. */
  readonly offset: number;
}

/**
 * Seeds the random generator: the same seed gives the same numbers, on every backend. PyTorch: `torch.manual_seed`.
 * @throws {ChainruleError} unless the seed is a whole number from 0 to 2^53 − 1.
 * @example
 * manualSeed(0);
 * const x = rand([3]);
 * manualSeed(0);
 * rand([3]).equal(x) // true
 */
export function manualSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ChainruleError(
      `manualSeed: the seed must be a whole number from 0 to 2^53 - 1, got ${display(seed)}`,
    );
  }
  generator.seed = seed;
  generator.offset = 0;
}

/**
 * The state of the generator, to continue from later: save it with a checkpoint. PyTorch: `torch.get_rng_state`.
 * @example
 * const before = getRngState();
 * const x = rand([3]);
 * setRngState(before);
 * rand([3]).equal(x) // true
 */
export function getRngState(): RngState {
  return { seed: generator.seed, offset: generator.offset };
}

/**
 * Restores a state of `getRngState`, also one that was read from a checkpoint.
 * PyTorch: `torch.set_rng_state`. @throws {FormatError} if it is not such a state.
 * @example setRngState({ seed: 0, offset: 0 }) // as after manualSeed(0)
 */
export function setRngState(state: unknown): void {
  if (!passes(rngState, state)) {
    throw new FormatError(
      `setRngState: expected { seed, offset }, whole numbers ≥ 0, got ${display(state)}`,
    );
  }
  const { seed, offset } = state;
  generator.seed = seed;
  generator.offset = offset;
}

const rngState = kinds.kind<RngState>('be a state', (x) => {
  const { seed, offset } = x as RngState;
  return kinds.size.test(seed) && kinds.size.test(offset);
});

type DrawAttrs = { shape: readonly number[]; dtype: DType };

const bits = new Uint32Array(2);

/** Threefry-2x32-20 of the counter under the key, into `bits`; written out, as draws spend most of their time here. */
export function threefry(k0: number, k1: number, c0: number, c1: number): Uint32Array {
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  let x = (c0 + k0) | 0;
  let y = (c1 + k1) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + k1) | 0;
  y = (y + k2 + 1) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + k2) | 0;
  y = (y + k0 + 2) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + k0) | 0;
  y = (y + k1 + 3) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + k1) | 0;
  y = (y + k2 + 4) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + k2) | 0;
  y = (y + k0 + 5) | 0;
  bits[0] = x;
  bits[1] = y;
  return bits;
}

/** Calls `f(block, first word, second word)` for `count` blocks from the offset on. */
function eachBlock(
  [seed, offset]: readonly Value[],
  count: number,
  f: (block: number, a: number, b: number) => void,
): void {
  const key = (seed as Value).data[0]!;
  const first = (offset as Value).data[0]!;
  const [k0, k1] = [(key % 2 ** 32) | 0, Math.floor(key / 2 ** 32) | 0];
  for (let block = 0; block < count; block++) {
    const c = first + block;
    const words = threefry(k0, k1, c | 0, Math.floor(c / 2 ** 32) | 0);
    f(block, words[0]!, words[1]!);
  }
}

function draw(
  distribution: 'uniform' | 'normal',
  fill: (inputs: readonly Value[], out: Value) => void,
): PrimitiveOp<DrawAttrs> {
  return primitive<DrawAttrs>(distribution, {
    lowering: { kind: 'kernel', family: drawing, kernel: () => ({ kind: 'random', distribution }) },
    shape: (_inputs, { shape }) => shape,
    dtype: (_inputs, { dtype }) => dtype,
    batch: () => {
      throw new Error(`${distribution} takes no batched inputs`);
    },
    reference: fill,
  });
}

/** float32: one word per number, of which 24 bits are used; float64: one block per number, of which 53 bits are used. */
const uniformOf: PrimitiveOp<DrawAttrs> = draw('uniform', (inputs, { data, dtype }) => {
  const n = data.length;
  if (dtype === 'float64') {
    eachBlock(inputs, n, (i, a, b) => {
      data[i] = unit53(a, b);
    });
    return;
  }
  eachBlock(inputs, Math.ceil(n / 2), (i, a, b) => {
    data[2 * i] = (a >>> 8) / 2 ** 24;
    if (2 * i + 1 < n) data[2 * i + 1] = (b >>> 8) / 2 ** 24;
  });
});

function unit53(a: number, b: number): number {
  return ((a >>> 5) * 2 ** 26 + (b >>> 6)) / 2 ** 53;
}

/**
 * The pairs `√(−2 ln u) · (cos 2πv, sin 2πv)` of Box and Muller, in float64. float32: one block per pair; float64: two blocks
 * per pair, so that all 53 bits of `u` and `v` are random.
 */
const normalOf: PrimitiveOp<DrawAttrs> = draw('normal', (inputs, { data, dtype }) => {
  const n = data.length;
  const pair = (i: number, u: number, v: number): void => {
    const r = Math.sqrt(-2 * Math.log(u));
    data[2 * i] = r * Math.cos(2 * Math.PI * v);
    if (2 * i + 1 < n) data[2 * i + 1] = r * Math.sin(2 * Math.PI * v);
  };
  if (dtype === 'float32') {
    eachBlock(inputs, Math.ceil(n / 2), (i, a, b) => pair(i, (a + 0.5) / 2 ** 32, b / 2 ** 32));
    return;
  }
  let u = 0;
  eachBlock(inputs, 2 * Math.ceil(n / 2), (i, a, b) => {
    if (i % 2 === 0) u = 1 - unit53(a, b);
    else pair((i - 1) / 2, u, unit53(a, b));
  });
});

function drawn(op: PrimitiveOp<DrawAttrs>, shape: Shape, dtype: DType): Tensor {
  if (draws.each !== null) return draws.each.each((count) => drawn(op, [count, ...shape], dtype));
  const node = op([counter(generator.seed, 'seed'), counter(generator.offset, 'offset')], {
    shape,
    dtype,
  });
  const n = sizeOf(shape);
  generator.offset +=
    dtype === 'float32' ? Math.ceil(n / 2) : op === normalOf ? 2 * Math.ceil(n / 2) : n;
  return node;
}

/** Uniform numbers in [0, 1); takes the next offsets. */
export function drawUniform(shape: Shape, dtype: DType): Tensor {
  return drawn(uniformOf, shape, dtype);
}

/** Normal numbers; takes the next offsets. */
export function drawNormal(shape: Shape, dtype: DType): Tensor {
  return drawn(normalOf, shape, dtype);
}
