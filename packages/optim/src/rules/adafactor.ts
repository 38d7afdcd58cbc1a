/** @file Adafactor: Adam's scaling from row and column sums only, and steps relative to the size of the parameter. */
import {
  div,
  matmul,
  maximum,
  mean,
  minimum,
  mul,
  pow,
  rsqrt,
  sqrt,
  sum,
} from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { finite, flag, nonNegative, orNull, tuple, type Check } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Initial, Rule } from '../rule.js';
import { decayed } from './decay.js';
import { average } from './shared.js';

/** Hyper-parameters of {@link Adafactor}. */
export type AdafactorGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** The average of squares of step t keeps a share of `1 − t ^ beta2Decay`. */
  readonly beta2Decay: number;
  /** The smallest variance's root (null: the dtype's epsilon), and the smallest size of a parameter. */
  readonly eps: readonly [number | null, number];
  /** The largest root mean square of an update. */
  readonly d: number;
  /** Decoupled weight decay. */
  readonly weightDecay: number;
  /** Whether the objective is maximized instead of minimized. Default false. */
  readonly maximize: boolean;
};

/** Options of `Adafactor`. */
export type AdafactorOptions = Partial<AdafactorGroup> & CommonOptions;

const decays: Check = {
  must: 'be a finite number ≤ 0',
  test: (x) => finite.test(x) && x <= 0,
};
const atLeastOne: Check = {
  must: 'be a finite number ≥ 1',
  test: (x) => finite.test(x) && x >= 1,
};
const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 } as const;

const rule: Rule<
  Omit<AdafactorGroup, 'weightDecay'>,
  'rate' | 'weight' | 'eps2' | 'd',
  'rowVar' | 'colVar' | 'variance'
> = {
  name: 'Adafactor',
  defaults: {
    lr: 1e-2,
    beta2Decay: -0.8,
    eps: [null, 1e-3],
    d: 1,
    maximize: false,
  },
  checks: {
    lr: nonNegative,
    beta2Decay: decays,
    eps: tuple(orNull(nonNegative), nonNegative),
    d: atLeastOne,
    maximize: flag,
  },
  structural: ['eps'],
  state: (_group, p): Partial<Record<'rowVar' | 'colVar' | 'variance', Initial>> =>
    p.ndim < 2
      ? { variance: {} }
      : { rowVar: { shape: collapsed(p, -1) }, colVar: { shape: collapsed(p, -2) } },
  scalars: ({ lr, beta2Decay, eps: [, eps2], d }, t) => ({
    rate: minimum(lr, rsqrt(t)),
    weight: pow(t, beta2Decay),
    eps2,
    d,
  }),
  update: (p, g, { rowVar, colVar, variance }, s, group) => {
    const eps1 = group.eps[0] ?? EPSILON[p.dtype as 'float32' | 'float64'];
    const square = mul(g, g);
    const size = maximum(s.eps2, rootMeanSquare(p));
    let estimate: Tensor;
    let next: Partial<Record<'rowVar' | 'colVar' | 'variance', Tensor>>;
    if (p.ndim < 2) {
      estimate = average(variance, square, s.weight);
      next = { variance: estimate };
    } else {
      const row = average(rowVar, mean(square, -1, { keepdim: true }), s.weight);
      const col = average(colVar, mean(square, -2, { keepdim: true }), s.weight);
      estimate = div(matmul(row, col), maximum(mean(row, -2, { keepdim: true }), eps1));
      next = { rowVar: row, colVar: col };
    }
    const update = mul(rsqrt(maximum(estimate, eps1 * eps1)), g);
    const clipped = maximum(1, div(rootMeanSquare(update), s.d));
    return { step: mul(update, div(mul(size, s.rate), clipped)), ...next };
  },
};

/** The shape of `p` with one dimension of size 1. */
function collapsed(p: Tensor, dim: -1 | -2): number[] {
  return p.shape.map((n, i) => (i === p.ndim + dim ? 1 : n));
}

function rootMeanSquare(x: Tensor): Tensor {
  return sqrt(div(sum(mul(x, x)), x.size));
}

/** The rule of {@link Adafactor}. */
export const adafactor: Rule<AdafactorGroup> = /* @__PURE__ */ decayed(rule, {
  name: 'Adafactor',
  weightDecay: 0,
});

/**
 * Adafactor (Shazeer & Stern 2018, arXiv:1804.04235): Adam without momentum, whose average of squares is kept as a row
 * and a column for each matrix, with steps in proportion to the root mean square of the parameter.
 *
 * Defaults: lr 1e-2 (the largest relative step; it falls as 1/√t), beta2Decay −0.8, eps [null, 1e-3], d 1,
 * weightDecay 0. PyTorch: `torch.optim.Adafactor`.
 * @example new Adafactor(model.parameters(), { lr: 1e-2 })
 */
export class Adafactor extends Optimizer<AdafactorGroup> {
  constructor(params: ParamsOrGroups<Partial<AdafactorGroup>>, options?: AdafactorOptions) {
    super(adafactor, params, options);
  }
}
