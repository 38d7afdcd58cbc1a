/** @file Covariances and correlations of variables, one in each row. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError, ShapeError } from '../../errors.js';
import { toFloat } from '../../graph/dtype.js';
import { show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, operand, type Operand } from '../build/define.js';
import { castNode } from '../build/element.js';
import { div, mul, sub } from '../build/fieldOperations.js';
import { clamp, maximum } from '../elements/arithmetic.js';
import { sqrt } from '../elements/powers.js';
import { product } from '../linalg/solving.js';
import { diag } from '../shape/diagonals.js';

/** Options of `cov`. */
export interface CovOptions {
  /** What is subtracted from the number of observations in the divisor. Default 1. */
  readonly correction?: number;
  /** How many times each observation counts: whole numbers. */
  readonly fweights?: Tensor | null;
  /** The weight of each observation. */
  readonly aweights?: Tensor | null;
}

const covOptions = defineOptions<CovOptions>({
  correction: kinds.number,
  fweights: kinds.orNull(kinds.tensor),
  aweights: kinds.orNull(kinds.tensor),
});

/**
 * The covariances `[variables, variables]` of variables `x [variables, observations]`; for one variable,
 * `[observations]`, its variance. PyTorch: `torch.cov`.
 * @example cov(tensor([[1, 2, 3], [3, 2, 1]])) // [[1, -1], [-1, 1]]
 */
export const cov = composite('cov', (x: Operand, options?: CovOptions): Tensor => {
  const { correction = 1, fweights, aweights } = covOptions('cov', options);
  return covariance('cov', x, correction, fweights ?? null, aweights ?? null);
});

function covariance(
  op: string,
  x: Operand,
  correction: number,
  fweights: Tensor | null,
  aweights: Tensor | null,
): Tensor {
  const given = operand(op, x);
  if (given.ndim > 2)
    throw new ShapeError(
      `${op}: expected variables in rows, [variables, observations], got shape ${show(given.sizes)}`,
    );
  if (given.dtype === 'bool')
    throw new DTypeError(`${op}: not defined for booleans; cast them: x.cast('float32')`);
  const float = castNode(given, toFloat(given.dtype));
  const n = given.ndim === 0 ? 1 : (given.sizes.at(-1) as number);
  const rows = reshapeNode(float, [given.ndim === 2 ? (given.sizes[0] as number) : 1, n]);
  const [f, a] = [weightsOf(op, 'fweights', fweights, n), weightsOf(op, 'aweights', aweights, n)];
  if (f !== null && f.dtype !== 'int32')
    throw new DTypeError(`${op}: fweights must be int32, got ${f.dtype}`);
  const weights =
    f === null && a === null
      ? null
      : [f, a]
          .filter((w) => w !== null)
          .map((w) => castNode(w, rows.dtype))
          .reduce((v, w) => mul(v, w));
  const total = (t: Tensor): Tensor => sumOver([t], { dims: [0], keepdim: false });
  const count = weights === null ? n : total(weights);
  const weighted = (t: Tensor): Tensor => (weights === null ? t : mul(t, weights));
  const centred = sub(rows, div(sumOver([weighted(rows)], { dims: [1], keepdim: true }), count));
  const divisor =
    typeof count === 'number'
      ? Math.max(0, count - correction)
      : maximum(
          sub(
            count,
            a === null || weights === null
              ? correction
              : mul(div(total(mul(weights, castNode(a, rows.dtype))), count), correction),
          ),
          0,
        );
  const c = div(product(weighted(centred), centred, false, true), divisor);
  return given.ndim === 2 && given.sizes[0] !== 1 ? c : reshapeNode(c, []);
}

function weightsOf(op: string, name: string, w: Tensor | null, n: number): Tensor | null {
  if (w === null) return null;
  const node = operand(op, w);
  if (node.ndim === 1 && node.size === n) return node;
  throw new ShapeError(
    `${op}: ${name} must hold one number for each of the ${n} observations, got shape ${show(node.sizes)}`,
  );
}

/**
 * The correlations of variables `x [variables, observations]`: covariances divided by both standard deviations, in
 * [−1, 1]; 1 for one variable. PyTorch: `torch.corrcoef`.
 * @example corrcoef(tensor([[1, 2, 3], [3, 2, 1]])) // [[1, -1], [-1, 1]]
 */
export const corrcoef = composite('corrcoef', (x: Operand): Tensor => {
  const c = covariance('corrcoef', x, 1, null, null);
  if (c.ndim === 0) return div(c, c);
  const deviation = sqrt(diag(c));
  const n = deviation.size;
  return clamp(div(div(c, reshapeNode(deviation, [n, 1])), reshapeNode(deviation, [1, n])), -1, 1);
});
