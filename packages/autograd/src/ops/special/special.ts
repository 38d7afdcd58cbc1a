/** @file Special functions: `special.erfcx`, `special.gammainc` … Integers and booleans become float32. */
import { GradError } from '../../errors.js';
import { toFloat } from '../../graph/dtype.js';
import { checkInteger, checkSize } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { i0eForm, i0Form, i1eForm, i1Form } from '../../kernels/elements/bessel.js';
import { entrForm, xlog1pyForm } from '../../kernels/elements/logarithmic.js';
import { ndtriForm } from '../../kernels/elements/quantiles.js';
import { reshapeNode } from '../build/broadcast.js';
import {
  binary,
  composite,
  operand,
  unary,
  type BinaryOp,
  type Operand,
  type SameShape,
  type UnaryOp,
} from '../build/define.js';
import { add, castNode, choose } from '../build/element.js';
import { div, mul, neg, sub } from '../build/fieldOperations.js';
import { eq, ge, le, logicalAnd, lt } from '../build/relations.js';
import { derivativeFamily, vectorFamily } from '../elements/derivativeFamily.js';
import { log, log1p } from '../elements/exponential.js';
import { hurwitzZeta } from '../elements/gammaFunction.js';
import { expOfQuantile, normalCdf } from '../elements/gaussian.js';
import { digamma, lgamma, logit, sigmoid } from '../elements/special.js';
import { sum } from '../reductions/reductions.js';
import { iotaAlong } from '../shape/movement.js';
import { besselI, besselI0e, besselI1e } from './besselFunctions.js';
import {
  gammaDensity as gammaDensityOf,
  gammainc as gammaincOf,
  gammaincc as gammainccOf,
} from './incompleteGamma.js';
import { logNdtrDerivative, ndtri as ndtriOf } from './normalDistribution.js';
import { erfcxDerivative } from './scaledTail.js';

export { logit };

/**
 * The same as `sigmoid`. PyTorch: `torch.special.expit`.
 * @example special.expit(tensor([0, 1])) // [0.5, 0.7311]
 */
export const expit = composite('special.expit', (x: Operand): Tensor => sigmoid(x)) as SameShape;

/**
 * The same as `digamma`. PyTorch: `torch.special.psi`.
 * @example special.psi(tensor([1, 2])) // [-0.5772, 0.4228]
 */
export const psi = composite('special.psi', (x: Operand): Tensor => digamma(x)) as SameShape;

/**
 * `−x ln x`, 0 at 0, −Inf below; the derivative is +Inf at 0, NaN below. PyTorch: `torch.special.entr`.
 * @example special.entr(tensor([0, 0.5, 1])) // [0, 0.3466, 0]
 */
export const entr: UnaryOp = unary('special.entr', {
  vector: entrForm,
  reference: (x) => (x > 0 ? -x * Math.log(x) : x < 0 ? -Infinity : x === 0 ? 0 : x),
  derivative: (x) => neg(add(log(x), 1)),
});

/** A function with derivatives of any order, each computed directly. */
function family(name: string, f: (order: number, x: number) => number, first = 0): SameShape {
  const node = derivativeFamily(name, f);
  return composite(name, (x: Operand): Tensor => {
    const given = operand(name, x);
    return node(castNode(given, toFloat(given.dtype)), first);
  }) as SameShape;
}

/**
 * `e^(x²) erfc(x)`, without overflow or underflow for positive x. PyTorch: `torch.special.erfcx`.
 * @example special.erfcx(tensor([1e5])) // 1 / (√π · 1e5)
 */
export const erfcx: SameShape = family('special.erfcx', erfcxDerivative);

/**
 * The modified Bessel function I₀. PyTorch: `torch.special.i0`.
 * @example special.i0(tensor([0, 1])) // [1, 1.2661]
 */
export const i0 = vectorFamily('special.i0', besselI, i0Form) as SameShape;

/**
 * The modified Bessel function I₁, the derivative of I₀. PyTorch: `torch.special.i1`.
 * @example special.i1(tensor([0, 1])) // [0, 0.5652]
 */
export const i1 = vectorFamily(
  'special.i1',
  (order, x) => besselI(order + 1, x),
  i1Form,
) as SameShape;

/**
 * `e^(−|x|) I₀(x)`; the derivative at the kink, 0, is 0. PyTorch: `torch.special.i0e`.
 * @example special.i0e(tensor([0, 1])) // [1, 0.4658]
 */
export const i0e = vectorFamily('special.i0e', besselI0e, i0eForm) as SameShape;

/**
 * `e^(−|x|) I₁(x)`. PyTorch: `torch.special.i1e`.
 * @example special.i1e(tensor([0, 1])) // [0, 0.2079]
 */
export const i1e = vectorFamily('special.i1e', besselI1e, i1eForm) as SameShape;

/**
 * The integral of the normal density up to x, `½ erfc(−x/√2)`. PyTorch: `torch.special.ndtr`.
 * @example special.ndtr(tensor([0, 1.96])) // [0.5, 0.9750]
 */
export const ndtr = composite('special.ndtr', (x: Operand): Tensor => normalCdf(x)) as SameShape;

/**
 * The logarithm of `ndtr`, also accurate in the left tail. PyTorch: `torch.special.log_ndtr`.
 * @example special.logNdtr(tensor([0, -10])) // [-0.6931, -53.2313]
 */
export const logNdtr: SameShape = family('special.logNdtr', logNdtrDerivative);

/**
 * The inverse of `ndtr`: ±Inf at 1 and 0, NaN outside. PyTorch: `torch.special.ndtri`.
 * @example special.ndtri(tensor([0.5, 0.975])) // [0, 1.9600]
 */
export const ndtri: UnaryOp = unary('special.ndtri', {
  vector: ndtriForm,
  reference: ndtriOf,
  derivative: (p, y) => {
    const least = choose(lt(p, 0.5), p, sub(1, p));
    const e = expOfQuantile(mul(y, Math.SQRT1_2), mul(least, 2));
    return mul(e, Math.sqrt(2 * Math.PI));
  },
});

/**
 * `x ln(1 + y)`, and 0 where x is 0 unless y is NaN. The derivative with respect to x is 0 where x is 0 and y ≤ −1;
 * that with respect to y is 0 where x is 0 and y is −1.
 * PyTorch: `torch.special.xlog1py`.
 * @example special.xlog1py(tensor([0, 2]), tensor([-1, 1])) // [0, 1.3863]
 */
export const xlog1py: BinaryOp = binary('special.xlog1py', {
  vector: xlog1pyForm,
  reference: (x, y) => (x === 0 && y === y ? 0 : x * Math.log1p(y)),
  dx: (x, y) => choose(logicalAnd(eq(x, 0), le(y, -1)), 0, log1p(y)),
  dy: (x, y) => choose(logicalAnd(eq(x, 0), eq(y, -1)), 0, div(x, add(y, 1))),
  domain: 'float',
});

/**
 * The lower regularized incomplete gamma function `P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt` for a, x ≥ 0; NaN elsewhere,
 * and for a = x = 0. As in PyTorch, it has no derivative with respect to a. PyTorch: `torch.special.gammainc`.
 * @example special.gammainc(tensor([1, 2]), 1) // [0.6321, 0.2642]
 */
export const gammainc: BinaryOp = binary('special.gammainc', {
  reference: gammaincOf,
  dx: () => undetermined('special.gammainc'),
  dy: (a, x) => gammaDensity(a, x),
  domain: 'float',
});

/**
 * The upper function, `Q(a, x) = 1 − P(a, x)`, also accurate in the right tail. See `gammainc`. PyTorch:
 * `torch.special.gammaincc`.
 * @example special.gammaincc(tensor([1, 2]), 1) // [0.3679, 0.7358]
 */
export const gammaincc: BinaryOp = binary('special.gammaincc', {
  reference: gammainccOf,
  dx: () => undetermined('special.gammaincc'),
  dy: (a, x) => neg(gammaDensity(a, x)),
  domain: 'float',
});

/** `xᵃ⁻¹ e⁻ˣ / Γ(a)`, with every digit of its tails. */
const gammaDensity: BinaryOp = binary('special.gammaDensity', {
  reference: gammaDensityOf,
  dx: (a, x, y) => mul(y, sub(log(x), digamma(a))),
  dy: (a, x, y) => {
    // For a below 1, where a − 1 is rounded, by a quotient that does not overflow before y does.
    const b = sub(a, 1);
    return sub(choose(ge(a, 1), gammaDensity(b, x), mul(y, div(b, x))), y);
  },
  domain: 'float',
});

function undetermined(op: string): never {
  throw new GradError(
    `${op}: there is no derivative with respect to the first argument; detach it: a.detach()`,
  );
}

/**
 * The Hurwitz zeta function, `Σ 1/(q + k)ˣ` over k = 0, 1, …: +Inf for x = 1 and for q = 0, −1, −2, …, NaN for x <
 * 1. The derivative with respect to q is `−x ζ(x + 1, q)`; with respect to x there is none, as in PyTorch:
 * `torch.special.zeta`.
 * @example special.zeta(tensor([2]), 1) // [1.6449]
 */
export const zeta: BinaryOp = binary('special.zeta', {
  reference: hurwitzZeta,
  dx: () => undetermined('special.zeta'),
  dy: (x, q) => neg(mul(x, zeta(add(x, 1), q))),
  domain: 'float',
});

/**
 * The logarithm of the multivariate gamma function, `p (p − 1)/4 · ln π + Σ ln Γ(a − j/2)` over j = 0 … p − 1.
 * PyTorch: `torch.special.multigammaln`.
 * @throws {ChainruleError} unless p is a whole number ≥ 1.
 * @example special.multigammaln(tensor([2]), 2) // [0.4516]
 */
export const multigammaln = composite('special.multigammaln', (x: Operand, p: number): Tensor => {
  checkInteger('special.multigammaln', 'p', p, 1);
  const given = operand('special.multigammaln', x);
  const node = castNode(given, toFloat(given.dtype));
  checkSize('special.multigammaln', [...node.sizes, p]);
  const halves = mul(castNode(iotaAlong(p, node.ndim, node.ndim + 1), node.dtype), 0.5);
  const terms = lgamma(sub(reshapeNode(node, [...node.sizes, 1]), halves));
  return add(sum(terms, -1), (p * (p - 1) * Math.log(Math.PI)) / 4);
}) as SameShape<[p: number]>;
