/** @file The arguments of the misuse walk: values of every wrong kind, with some right ones, and options of any name. */
import { Parameter, ones, randn, tensor, vmap, zeros, type Tensor } from '../../src/index.js';
import { hostileValues } from './hostile.js';

/** Numbers from a seed, the same in every run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A tensor that left the `vmap` it belongs to. */
export const leaked = (): Tensor => {
  let out: Tensor = tensor(0);
  vmap((x: Tensor) => {
    out = x;
    return x;
  })(ones([2, 3]));
  return out;
};

export type Make = () => unknown;

/** Numbers that are no sizes, no dimensions, or too large. */
const numbers: readonly number[] = [
  NaN,
  Infinity,
  -Infinity,
  -0,
  -1,
  -3,
  0.5,
  2.5,
  -1.5,
  7,
  1e-300,
  1e308,
  3e8,
  1e9,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 - 1,
  5e-324,
  -(2 ** 31),
  -(2 ** 53),
];

/** Values that are right almost nowhere. */
export const wrong: readonly Make[] = [
  () => undefined,
  () => null,
  ...numbers.map((x) => () => x),
  ...[
    '',
    'x',
    'false',
    '3',
    'f32',
    'mean',
    '0:1',
    '__proto__',
    'a\u001b[31m',
    'x'.repeat(5000),
  ].map((x) => () => x),
  () => 5n,
  () => Symbol('s'),
  () => true,
  () => false,
  () => ({}),
  () => ({ foo: 1 }),
  () => ({ keepDim: true }),
  () => Object.create(null) as object,
  () => [],
  () => [NaN],
  () => [undefined],
  () => [null, null],
  () => [1, '2'],
  () => [-1],
  () => [0.5, 2],
  () => [2 ** 31, 2 ** 31],
  () => [2 ** 53],
  () => [[1], [2, 3]],
  () => [Symbol('s')],
  () => new Array<number>(3),
  () => new Array<number>(300).fill(1),
  () => () => undefined,
  () => () => 3,
  () => () => null,
  () => () => 'x',
  () => (x: unknown) => x,
  () => async () => Promise.resolve(),
  () => new Date(0),
  () => new Date(NaN),
  () => new Map([['a', 1]]),
  () => new Set([1]),
  () => new WeakMap(),
  () => /x/g,
  () => new Error('given'),
  () => Promise.resolve(1),
  () => new ArrayBuffer(8),
  () => new DataView(new ArrayBuffer(8)),
  () => new BigInt64Array(2),
  () => new Uint8Array([1, 2, 3]),
  () => new Uint8ClampedArray(2),
  () => new Float32Array([NaN, 1]),
  () => globalThis,
  () => JSON,
  () => tensor([NaN, Infinity]),
  () => tensor([2 ** 31 - 1, -5], { dtype: 'int32' }),
  () => tensor([true, false]),
  () => zeros([0]),
  () => zeros([2, 0, 3]),
  () => zeros([1, 1, 1, 1, 1, 1]),
  () => zeros([2 ** 18, 2 ** 6]),
  leaked,
  ...hostileValues,
];

/** Values that are right somewhere: they bring the wrong ones beside them further in. */
export const sane: readonly Make[] = [
  () => ones([2, 3]),
  () => randn([3, 3]),
  () => randn([3]),
  () => ones([2, 4, 6, 6]),
  () => ones([2, 4, 6]),
  () => tensor([0, 1, 1], { dtype: 'int32' }),
  () => tensor([[0, 1, 0]], { dtype: 'int32' }),
  () => tensor([true, false, true]),
  () => tensor(2),
  () => tensor([1, 2, 3], { dtype: 'float64' }),
  () => randn([3, 3], { requiresGrad: true }).mul(2),
  () => new Parameter(ones([3])),
  () => 0,
  () => 1,
  () => 2,
  () => 3,
  () => 0.5,
  () => [0, 1],
  () => [2, 3],
  () => [3],
  () => [ones([2, 3]), ones([2, 3])],
  () => [new Parameter(ones([2, 3]))],
  () => 'float64',
  () => 'ij,jk->ik',
  () => (x: unknown) => x,
];

/** Names of options, right for some. */
const optionNames =
  `dtype requiresGrad device shape keepdim correction p dim dims stride padding dilation groups bias weight eps
  momentum affine trackRunningStats reduction ignoreIndex labelSmoothing margin delta beta alpha value mode scaleFactor size
  outputPadding ceilMode countIncludePad divisorOverride kernelSize numClasses training negativeSlope min max side right sorted
  largest returnInverse returnCounts descending retainGraph createGraph gradOutputs allowUnused hasAux randomness atol rtol
  equalNan lr betas weightDecay nesterov dampening maximize amsgrad foreach strict onNonFinite batchSize shuffle seed dropLast
  collate prefetch numLayers bidirectional batchFirst dropout nonlinearity numHeads kdim vdim activation normFirst paddingIdx
  maxNorm normType scaleGradByFreq gain a stepSize gamma lastEpoch maxLr totalSteps keepDim upper driver ord left
  unitriangular indexing isCausal scale attnMask blank zeroInfinity logInput full posWeight swap elementwiseAffine`.split(
    /\s+/,
  );

type Random = () => number;
export type Generator = (random: Random) => unknown;
const pick = <T>(random: Random, list: readonly T[]): T =>
  list[Math.floor(random() * list.length)] as T;

/** A value: of three one is right somewhere, of six one is an options object. */
export const anyValue: Generator = valuesWith([]);

/** Values among which some of `own` are: what is right for the functions of a package. */
export function valuesWith(own: readonly Make[]): Generator {
  const right = [...sane, ...own];
  return (random) => {
    const kind = random();
    if (kind < 0.35) return pick(random, right)();
    if (kind < 0.5) return anyOptions(random);
    return pick(random, wrong)();
  };
}

function anyOptions(random: Random): unknown {
  const options: Record<string, unknown> = {};
  const n = random() < 0.7 ? 1 : 2;
  for (let i = 0; i < n; i++) {
    options[pick(random, optionNames)] = pick(random, random() < 0.4 ? sane : wrong)();
  }
  return options;
}
