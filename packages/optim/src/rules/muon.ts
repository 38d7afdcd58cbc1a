/** @file Muon: momentum whose direction is made orthogonal. */
import { add, div, matmul, maximum, mul, sqrt, sub, sum, transpose } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { finite, flag, nonNegative, oneOf, tuple, type Check } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { decayed } from './decay.js';
import { average } from './shared.js';

/** Hyper-parameters of {@link Muon}. */
export type MuonGroup = {
  /** The learning rate. */
  readonly lr: number;
  /** Decoupled weight decay. */
  readonly weightDecay: number;
  /** The factor of the momentum of the previous step. Default 0.95. */
  readonly momentum: number;
  /** Whether to use Nesterov momentum. Default true. */
  readonly nesterov: boolean;
  /** The coefficients a, b, c of the iteration `X ← a·X + (b·A + c·A²)·X`, `A = X·Xᵀ`. */
  readonly nsCoefficients: readonly [number, number, number];
  /** The smallest norm that is divided by. */
  readonly eps: number;
  /** How many times it is iterated. */
  readonly nsSteps: number;
  /**
   * The factor of the learning rate: `'original'` (and null) √max(1, rows / columns); `'match_rms_adamw'` 0.2 · √max(rows,
   * columns), which suits learning rates tuned for AdamW.
   */
  readonly adjustLrFn: 'original' | 'match_rms_adamw' | null;
};

/** Options of `Muon`. */
export type MuonOptions = Partial<MuonGroup> & CommonOptions;

const iterations: Check = {
  must: 'be a whole number from 0 to 99',
  test: (x) => Number.isInteger(x) && (x as number) >= 0 && (x as number) < 100,
};

type Scalar = 'lr' | 'momentum' | 'weight' | 'eps' | 'a' | 'b' | 'c';

const rule: Rule<Omit<MuonGroup, 'weightDecay'>, Scalar, 'momentumBuffer'> = {
  name: 'Muon',
  defaults: {
    lr: 1e-3,
    momentum: 0.95,
    nesterov: true,
    nsCoefficients: [3.4445, -4.775, 2.0315],
    eps: 1e-7,
    nsSteps: 5,
    adjustLrFn: null,
  },
  checks: {
    lr: nonNegative,
    momentum: nonNegative,
    nesterov: flag,
    nsCoefficients: tuple(finite, finite, finite),
    eps: nonNegative,
    nsSteps: iterations,
    adjustLrFn: oneOf('original', 'match_rms_adamw', null),
  },
  structural: ['nsSteps'],
  refuse: (_group, params) => {
    const other = params.find((p) => p.ndim !== 2);
    return other === undefined
      ? null
      : `only parameters with two dimensions have an orthogonal direction, one has shape [${other.shape.join(', ')}]; ` +
          `give biases, norms and embeddings to AdamW`;
  },
  state: () => ({ momentumBuffer: {} }),
  scalars: ({ lr, momentum, eps, nsCoefficients: [a, b, c] }) => {
    return {
      lr,
      momentum,
      weight: sub(1, momentum),
      eps,
      a,
      b,
      c,
    };
  },
  update: (p, g, { momentumBuffer }, s, group) => {
    const buffer = average(momentumBuffer, g, s.weight);
    const direction = orthogonalized(
      group.nesterov ? average(g, buffer, s.momentum) : buffer,
      s,
      group.nsSteps,
    );
    const step = mul(direction, mul(s.lr, ratio(p, group.adjustLrFn)));
    return { step, momentumBuffer: buffer };
  },
};

function ratio(
  { shape: [rows = 1, columns = 1] }: Tensor,
  adjust: MuonGroup['adjustLrFn'],
): number {
  return adjust === 'match_rms_adamw'
    ? 0.2 * Math.sqrt(Math.max(rows, columns))
    : Math.sqrt(Math.max(1, rows / columns));
}

/** About `U·Vᵀ` of the singular value decomposition `U·S·Vᵀ` of `m`, by a quintic Newton–Schulz iteration. */
function orthogonalized(
  m: Tensor,
  s: Record<'a' | 'b' | 'c' | 'eps', Tensor>,
  steps: number,
): Tensor {
  const [rows = 1, columns = 1] = m.shape;
  const tall = rows > columns;
  const wide = tall ? transpose(m, 0, 1) : m;
  let x = div(wide, maximum(sqrt(sum(mul(wide, wide))), s.eps));
  for (let i = 0; i < steps; i++) {
    const gram = matmul(x, transpose(x, 0, 1));
    const update = add(mul(gram, s.b), mul(matmul(gram, gram), s.c));
    x = add(mul(x, s.a), matmul(update, x));
  }
  return tall ? transpose(x, 0, 1) : x;
}

/** The rule of {@link Muon}. */
export const muon: Rule<MuonGroup> = /* @__PURE__ */ decayed(rule, {
  name: 'Muon',
  weightDecay: 0.1,
});

/**
 * Muon (Jordan et al. 2024): momentum of matrices, orthogonalized by a Newton–Schulz iteration, so that every direction
 * of the matrix moves at the same rate. For hidden weights of two dimensions; other parameters go to {@link AdamW}.
 *
 * Defaults: lr 1e-3, weightDecay 0.1, momentum 0.95, nesterov true, nsSteps 5, eps 1e-7. PyTorch: `torch.optim.Muon`,
 * which iterates in bfloat16; here it is the parameter's dtype, so that numbers agree to about two digits.
 * @example
 * const hidden = model.parameters().filter((p) => p.ndim === 2);
 * new Muon(hidden, { lr: 1e-3 })
 */
export class Muon extends Optimizer<MuonGroup> {
  constructor(params: ParamsOrGroups<Partial<MuonGroup>>, options?: MuonOptions) {
    super(muon, params, options);
  }
}
