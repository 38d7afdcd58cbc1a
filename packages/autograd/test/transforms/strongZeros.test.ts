/** @file A branch that was not taken contributes exactly 0: to derivatives of every order, in every mode, by every transform. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkpoint,
  compile,
  customGrad,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jvp,
  maximum,
  minimum,
  onesLike,
  stack,
  tensor,
  vmap,
  where,
  type Tensor,
} from '@chainrule/autograd';

type F = (x: Tensor) => Tensor;

interface Danger {
  readonly f: F;
  /** Where its value or derivatives are NaN or infinite. */
  readonly at: readonly number[];
}

/** Branches with a value of NaN, or an infinite one. */
const UNDEFINED: Record<string, Danger> = {
  sqrt: { f: (x) => x.sqrt(), at: [-1, 0] },
  rsqrt: { f: (x) => x.rsqrt(), at: [-1, 0] },
  'pow 1.5': { f: (x) => x.pow(1.5), at: [-1, 0] },
  'pow -2': { f: (x) => x.pow(-2), at: [0] },
  'pow x': { f: (x) => x.pow(x), at: [-0.5, 0] },
  reciprocal: { f: (x) => x.reciprocal(), at: [0] },
  division: { f: (x) => onesLike(x).div(x), at: [0] },
  '0 / 0': { f: (x) => x.mul(0).div(x.mul(0)), at: [1, 0] },
  log: { f: (x) => x.log(), at: [-1, 0] },
  log1p: { f: (x) => x.log1p(), at: [-1, -2] },
  acosh: { f: (x) => x.acosh(), at: [0, 1] },
  asin: { f: (x) => x.asin(), at: [1, -1, 2] },
  atanh: { f: (x) => x.atanh(), at: [1, -1, 2] },
  'exp that overflows': { f: (x) => x.mul(1e6).exp(), at: [1] },
  'log of sqrt': { f: (x) => x.sqrt().log(), at: [-1, 0] },
  'x log x': { f: (x) => x.mul(x.log()), at: [-1, 0] },
  'infinity times x': { f: (x) => x.mul(Infinity).square(), at: [0, 1] },
  hypot: { f: (x) => x.hypot(x), at: [0] },
  lgamma: { f: (x) => x.lgamma(), at: [0, -1] },
  'a norm of zeros': { f: (x) => onesLike(x).mul(x.norm()), at: [0] },
  'a direction of zeros': { f: (x) => x.div(x.norm()), at: [0] },
  'a norm of p = 3': { f: (x) => x.div(x.norm({ p: 3 })), at: [0] },
  'a deviation of equals': { f: (x) => onesLike(x).mul(x.std()), at: [2] },
  'logsumexp of infinities': { f: (x) => onesLike(x).mul(x.log().logsumexp()), at: [0] },
  'a mean of NaN': { f: (x) => onesLike(x).mul(x.sqrt().mean()), at: [-1] },
  'a product of infinities': { f: (x) => onesLike(x).mul(x.log().prod()), at: [0] },
  'a running product': { f: (x) => x.log().reshape([-1]).cumprod(0).reshape(x.shape), at: [0] },
  'a running sum': { f: (x) => x.rsqrt().reshape([-1]).cumsum(0).reshape(x.shape), at: [0] },
  softmax: { f: (x) => x.reciprocal().reshape([-1]).softmax(0).reshape(x.shape), at: [0] },
};

/** Branches that are smaller than what is taken, but whose derivatives are infinite or NaN. */
const SMALLER: Record<string, Danger> = {
  sqrt: { f: (x) => x.sqrt().sub(10), at: [0] },
  log: { f: (x) => x.log(), at: [0] },
  'minus rsqrt': { f: (x) => x.rsqrt().neg(), at: [0] },
  'minus 1 / x²': { f: (x) => x.square().reciprocal().neg(), at: [0] },
  asin: { f: (x) => x.asin().sub(10), at: [1, -1] },
  acosh: { f: (x) => x.acosh().sub(10), at: [1] },
  'pow 0.3': { f: (x) => x.pow(0.3).sub(10), at: [0] },
};

/** What is taken: positive, and smooth wherever it is asked for. */
const TAKEN: Record<string, F> = {
  'a constant': (x) => onesLike(x).mul(2),
  sine: (x) => x.sin().add(3),
  cubic: (x) => x.mul(x).mul(x).add(20),
  exponential: (x) => x.exp(),
};

type Select = (condition: Tensor, taken: Tensor, other: Tensor) => Tensor;

/** Choose by a condition. */
const BY_CONDITION: Record<string, Select> = {
  where: (c, x, y) => where(c, x, y),
  'where, the other way round': (c, x, y) => where(c.logicalNot(), y, x),
  maskedFill: (c, x, y) => x.maskedFill(c.logicalNot(), 0).add(y.maskedFill(c, 0)),
  gather: (c, x, y) => stack([y, x]).gather(0, c.cast('int32').unsqueeze(0)).squeeze(0),
  'clamp by a bound': (c, x, y) => where(c, x, y).clamp({ min: -1e30, max: 1e30 }),
};

/** Choose the largest. */
const BY_SIZE: Record<string, Select> = {
  maximum: (_c, x, y) => maximum(x, y),
  minimum: (_c, x, y) => minimum(x.neg(), y.neg()).neg(),
  max: (_c, x, y) => stack([y, x]).max(0).values,
  amax: (_c, x, y) => stack([x, y]).amax(0),
  amin: (_c, x, y) => stack([x.neg(), y.neg()]).amin(0).neg(),
  cummax: (_c, x, y) => stack([y, x]).cummax(0).values.select(0, 1),
  clamp: (_c, x, y) => y.clamp({ min: x }),
  sort: (_c, x, y) => stack([x, y]).sort(0).values.select(0, 1),
  topk: (_c, x, y) => stack([y, x]).topk(1, { dim: 0 }).values.squeeze(0),
};

/** A derivative of an element-wise function, in every place: by reverse or by forward mode. */
const reverse =
  (f: F): F =>
  (x) =>
    grad((z: Tensor) => f(z).sum())(x);
const forward =
  (f: F): F =>
  (x) =>
    jvp(f, [x], [onesLike(x)])[1];
/** The letters of a word, the last one first: `RF` is reverse mode over forward mode. */
const derivative = (word: string, f: F): F =>
  [...word].reduceRight((g, letter) => (letter === 'R' ? reverse(g) : forward(g)), f);

const WORDS = [1, 2, 3].flatMap((order) =>
  Array.from({ length: 2 ** order }, (_, k) =>
    k.toString(2).padStart(order, '0').replace(/0/g, 'R').replace(/1/g, 'F'),
  ),
);

const sumOf =
  (f: F): F =>
  (x) =>
    f(x).sum();
const diagonalOf = (f: F): F => {
  return (x) => f(x).diagonal();
};

/** Everything that gives derivatives of an element-wise function, in every place. */
const TRANSFORMS: Record<string, (f: F) => F> = {
  ...Object.fromEntries(WORDS.map((word) => [word, (f: F) => derivative(word, f)])),
  hessian: (f) => diagonalOf(hessian(sumOf(f))),
  'jacfwd of grad': (f) => diagonalOf(jacfwd(grad(sumOf(f)))),
  'jacrev of grad': (f) => diagonalOf(jacrev(grad(sumOf(f)))),
  'jacrev of jacfwd': (f) => diagonalOf(jacrev(jacfwd(sumOf(f)))),
  hvp: (f) => (x) => hvp(sumOf(f), x, onesLike(x))[1],
  'compiled RR': (f) => compile(derivative('RR', f)),
  'compiled FR': (f) => compile(derivative('FR', f)),
  'vmap of FR': (f) => vmap(derivative('FR', f)),
  'vmap of RRR': (f) => vmap(derivative('RRR', f)),
  'RR of vmap': (f) => derivative('RR', vmap(f)),
  'RR of checkpoint': (f) => derivative('RR', (x) => checkpoint(f, x)),
  'FR of checkpoint': (f) => derivative('FR', (x) => checkpoint(f, x)),
  'RR of a function with its own gradient': (f) =>
    reverse(
      customGrad({
        forward: (ctx, x: Tensor) => (ctx.save(x), reverse(f)(x)),
        backward: (ctx, g) => g.mul(reverse(reverse(f))(ctx.saved[0] as Tensor)),
      }),
    ),
  'backward with createGraph': (f) => (given) => {
    const x = given.detach().requiresGrad_();
    const y = f(x);
    if (!y.requiresGrad) return x.mul(0); // a constant
    y.sum().backward(null, { createGraph: true });
    const first = x.grad as Tensor;
    x.grad = null;
    if (first.requiresGrad) first.sum().backward();
    return x.grad ?? x.mul(0);
  },
};

/** Checks one branch by one transform: where it takes `taken`, the derivatives are those of `taken` alone. */
function check(select: Select, { f: other, at }: Danger, taken: F, transform: (f: F) => F): void {
  const x = tensor(
    at.flatMap((v) => [v, v]),
    { dtype: 'float64' },
  );
  const f: F = (z) => {
    const everywhere = onesLike(z).ne(0);
    return select(everywhere, taken(z), other(z));
  };
  const got = Array.from(transform(f)(x).dataSync());
  const owed = Array.from(transform(taken)(x).dataSync());
  got.forEach((d, i) => expect(d).toBeCloseTo(owed[i] as number, 9));
}

const pick = (record: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(record));

describe('the derivatives of what was taken, and exactly nothing of what was not', () => {
  test.each(Object.keys(TRANSFORMS))('%s, where a condition chooses', (transform) => {
    fc.assert(
      fc.property(pick(BY_CONDITION), pick(UNDEFINED), pick(TAKEN), (select, danger, taken) =>
        check(
          BY_CONDITION[select] as Select,
          UNDEFINED[danger] as Danger,
          TAKEN[taken] as F,
          TRANSFORMS[transform] as (f: F) => F,
        ),
      ),
      { numRuns: 40 },
    );
  });

  test.each(Object.keys(TRANSFORMS))('%s, where size chooses', (transform) => {
    fc.assert(
      fc.property(pick(BY_SIZE), pick(SMALLER), pick(TAKEN), (select, danger, taken) =>
        check(
          BY_SIZE[select] as Select,
          SMALLER[danger] as Danger,
          TAKEN[taken] as F,
          TRANSFORMS[transform] as (f: F) => F,
        ),
      ),
      { numRuns: 30 },
    );
  });

  test('the Hessian of where is 0 on the side not taken', () => {
    const f = (x: Tensor): Tensor => where(x.gt(0), x.sqrt(), x).sum();
    const h = Array.from(hessian(f)(tensor([-1, 4], { dtype: 'float64' })).dataSync());
    expect(h).toEqual([0, 0, 0, -1 / 32]);
  });
});
