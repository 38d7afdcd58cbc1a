/** @file Random programs over many operations, and the ways to run one that must agree. */
import fc from 'fast-check';
import * as c from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

type Operation = (x: Tensor, y: Tensor, k: number) => Tensor;

const dimOf = (x: Tensor, k: number): number => (x.ndim === 0 ? 0 : k % x.ndim);
const sizeAt = (x: Tensor, d: number): number => x.shape[d] ?? 1;

/** What asks for a dimension leaves a single number as it is. */
const along =
  (f: (x: Tensor, d: number, k: number) => Tensor): Operation =>
  (x, _y, k) =>
    x.ndim === 0 ? x : f(x, dimOf(x, k), k);

const whenRank =
  (rank: number, f: (x: Tensor, k: number) => Tensor): Operation =>
  (x, _y, k) =>
    x.ndim === rank ? f(x, k) : x;

/** Small results stay small, so that programs of ten operations do. */
const ifSmall =
  (f: Operation): Operation =>
  (x, y, k) =>
    x.size > 60 ? x : f(x, y, k);

const elements: readonly Operation[] = [
  (x) => x.tanh(),
  (x) => x.sigmoid(),
  (x) => x.tanh().exp(),
  (x) => x.abs().add(0.2).log(),
  (x) => x.square().add(0.1).sqrt(),
  (x) => c.silu(x),
  (x) => c.gelu(x),
  (x) => c.softplus(x),
  (x) => c.erf(x),
  (x) => x.relu(),
  (x, _y, k) =>
    x
      .abs()
      .add(0.3)
      .pow((k % 5) * 0.5),
  (x, _y, k) => x.clamp(-0.5, 0.1 + (k % 3)),
  (x, y) => x.add(y),
  (x, y) => x.sub(y.mul(0.37)),
  (x, y) => x.mul(y.tanh()),
  (x, y) => x.div(y.abs().add(0.7)),
  (x, y) => c.maximum(x, y),
  (x, y) => c.where(x.gt(y), x, y.neg()),
  (x, y) => x.maskedFill(y.lt(0), 0.25),
  (x, y) => c.logaddexp(x, y),
  (x) => x.detach().mul(0.5).add(x),
  (x) => c.checkpoint((z: Tensor) => z.sin().mul(z), x),
];

const folds: readonly Operation[] = [
  (x) => x.sum(),
  (x) => x.mean(),
  along((x, d, k) => x.sum(d, { keepdim: k % 2 === 0 })),
  along((x, d) => x.var(d, { correction: 0, keepdim: true })),
  along((x, d, k) => x.amax(d, { keepdim: k % 3 === 0 })),
  along((x, d) => x.tanh().prod(d)),
  along((x, d) => x.softmax(d)),
  along((x, d) => x.logSoftmax(d)),
  along((x, d) => x.logsumexp(d, { keepdim: true })),
  along((x, d) => x.cumsum(d)),
  along((x, d) => c.logcumsumexp(x, d)),
  along((x, d) => x.norm(d, { keepdim: true })),
  along((x) => c.layerNorm(x.add(0.1), [sizeAt(x, x.ndim - 1)])),
];

const movements: readonly Operation[] = [
  (x) => x.reshape([-1]),
  (x) => x.squeeze(),
  (x, _y, k) => x.unsqueeze(k % (x.ndim + 1)),
  (x) => (x.ndim < 2 ? x : x.transpose(0, x.ndim - 1).contiguous()),
  along((x, d) => x.flip(d).add(0)),
  along((x, d, k) => x.roll(k % 4, d)),
  along((x, d, k) => x.select(d, k % sizeAt(x, d))),
  along((x, d, k) => x.narrow(d, k % sizeAt(x, d), 1)),
  along((x, _d, k) => c.pad(x, [k % 3, 1], { value: 0.5 })),
  ifSmall(along((x, d) => c.cat([x, x.mul(2), x], d))),
  ifSmall((x, _y, k) => c.stack([x, x.sin(), x], k % (x.ndim + 1))),
  ifSmall((x) => x.unsqueeze(0).expand([3, ...x.shape])),
  along((x, d) => x.gather(d, x.argsort(d))),
  along((x, d) => x.sort(d).values),
  along((x, d) => c.zerosLike(x).scatterAdd(d, c.argsort(x, d), x.mul(2))),
  along((x, d) => x.indexSelect(d, c.tensor([0, sizeAt(x, d) - 1, 0], { dtype: 'int32' }))),
];

const products: readonly Operation[] = [
  whenRank(1, (x) => x.dot(x.sin())),
  whenRank(2, (x) => x.matmul(x.t()).mul(0.2)),
  whenRank(3, (x) => x.matmul(x.transpose(1, 2)).mul(0.2)),
  whenRank(3, (x) => c.scaledDotProductAttention(x, x.mul(0.5), x.tanh())),
  whenRank(2, (x) =>
    sizeAt(x, 1) < 3
      ? x
      : c.conv1d(x.unsqueeze(0), c.ones([2, sizeAt(x, 0), 3], { dtype: x.dtype })).select(0, 0),
  ),
];

const loops: readonly Operation[] = [
  along(
    (x) =>
      c.scan(
        (s: Tensor, z: Tensor) => [s.mul(0.5).add(z), s.tanh()],
        c.zerosLike(x.select(0, 0)),
        x,
      )[1],
  ),
  (x) =>
    c.cond(
      x.sum().gt(0),
      (z: Tensor) => z.sin(),
      (z: Tensor) => z.mul(0.5),
      x,
    ),
  along((x) => c.associativeScan((a: Tensor, b: Tensor) => a.mul(0.5).add(b.mul(0.5)), x)),
];

const operations = [...elements, ...elements, ...folds, ...movements, ...products, ...loops];

export interface Line {
  readonly operation: number;
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

/** A program of up to ten lines; most go on from the last value. */
export const arbProgram: fc.Arbitrary<Line[]> = fc.array(
  fc.record({
    operation: fc.nat(operations.length - 1),
    x: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { arbitrary: fc.nat(30), weight: 1 }),
    y: fc.nat(30),
    k: fc.nat(99),
  }),
  { minLength: 1, maxLength: 10 },
);

/** Shapes of three leaves, for any size. */
export const arbShapes: fc.Arbitrary<((n: number) => number[])[]> = fc.array(
  fc.constantFrom<((n: number) => number[])[]>(
    (n) => [n],
    (n) => [n, 4],
    (n) => [3, n],
    (n) => [2, 3, n],
    (n) => [n, n],
    (n) => [n, 1],
    () => [],
  ),
  { minLength: 3, maxLength: 3 },
);

function broadcast(x: Tensor, y: Tensor): boolean {
  for (let i = 1; i <= Math.min(x.ndim, y.ndim); i++) {
    const [p, q] = [x.shape.at(-i) as number, y.shape.at(-i) as number];
    if (p !== q && p !== 1 && q !== 1) return false;
  }
  return x.size * y.size < 4000;
}

/** The value of each line. */
export function valuesOf(lines: readonly Line[], leaves: readonly Tensor[]): Tensor[] {
  const values = [...leaves];
  for (const { operation, x, y, k } of lines) {
    const one = values[values.length - 1 - (x % values.length)] as Tensor;
    const other = values[y % values.length] as Tensor;
    const fits = broadcast(one, other) ? other : one;
    const next = one.size > 800 ? one.reshape([-1]).narrow(0, 0, 7) : one;
    values.push((operations[operation] as Operation)(next, next === one ? fits : next, k));
  }
  return values.slice(leaves.length);
}

/** A number that hangs on all leaves and on the last values. */
export function lossOf(values: readonly Tensor[], leaves: readonly Tensor[]): Tensor {
  const start = leaves.reduce((sum, x) => sum.add(x.sum().mul(1e-3)), c.scalar(0));
  return values.slice(-4).reduce(
    (sum, y, i) =>
      sum.add(
        y
          .tanh()
          .mul(i + 0.5)
          .sum(),
      ),
    start,
  );
}
