/** @file `nn.utils.parametrizations.orthogonal`: a matrix that stays orthogonal while it is learned. */
import {
  cat,
  defineOptions,
  eye,
  kinds,
  linalg,
  noGrad,
  randn,
  ShapeError,
  tensor,
  zeros,
  type Cell,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { toReplace } from './computed.js';
import { registerParametrization } from './parametrize.js';

type OrthogonalMap = 'matrixExp' | 'cayley' | 'householder';

/** Options of `orthogonal`. */
export interface OrthogonalOptions {
  /** Which parameter. Default `'weight'`. */
  readonly name?: string | undefined;
  /** How it is computed. Default `'matrixExp'` for square matrices, `'householder'` for others. */
  readonly orthogonalMap?: OrthogonalMap | undefined;
  /** Whether the product of a fixed matrix, the buffer `base`, and a map near the identity is learned. Default true. */
  readonly useTrivialization?: boolean | undefined;
}

const readOrthogonal = defineOptions<OrthogonalOptions>({
  name: kinds.text,
  orthogonalMap: kinds.oneOf('matrixExp', 'cayley', 'householder'),
  useTrivialization: kinds.flag,
});

/** Tall: at least as many rows as columns. A wide matrix is the transpose of a tall one. */
const isWide = (x: Tensor): boolean => (x.shape.at(-2) as number) < (x.shape.at(-1) as number);

class Orthogonal extends Module<[Tensor], Tensor> {
  /** The fixed factor; undefined without trivialization. */
  declare readonly base?: Cell;

  readonly orthogonalMap: OrthogonalMap;

  constructor(orthogonalMap: OrthogonalMap) {
    super();
    this.orthogonalMap = orthogonalMap;
  }

  override forward(given: Tensor): Tensor {
    const X = isWide(given) ? given.mT : given;
    const Q = this.orthogonalMap === 'householder' ? reflected(X) : this.rotated(X);
    const product = this.base === undefined ? Q : this.base.matmul(Q);
    return isWide(given) ? product.mT : product;
  }

  /** The orthogonal matrix of the skew-symmetric matrix that the elements on and below the diagonal define. */
  private rotated(X: Tensor): Tensor {
    const [n, k] = X.shape.slice(-2) as [number, number];
    const lower = X.tril();
    const square =
      n === k
        ? lower
        : cat([lower, zeros([...X.shape.slice(0, -1), n - k], { dtype: X.dtype })], -1);
    const A = square.sub(square.mT);
    const I = eye(n, { dtype: X.dtype });
    const Q =
      this.orthogonalMap === 'matrixExp'
        ? linalg.matrixExp(A)
        : linalg.solve(I.sub(A.div(2)), I.add(A.div(2)));
    return n === k ? Q : Q.narrow(-1, 0, k);
  }
}

/** A product of reflections that the elements below the diagonal define; the diagonal holds signs, which are not learned. */
function reflected(X: Tensor): Tensor {
  const A = X.tril(-1);
  const tau = A.square().sum(-2).add(1).reciprocal().mul(2);
  const signs = X.detach().diagonal({ dim1: -2, dim2: -1 }).trunc();
  return linalg.householderProduct(A, tau).mul(signs.unsqueeze(-2));
}

/** An orthogonal matrix that can be assigned: `base` takes the value, and the learned part starts again at the identity. */
class Trivialized extends Orthogonal {
  constructor(orthogonalMap: OrthogonalMap, weight: Tensor) {
    super(orthogonalMap);
    this.registerBuffer(
      'base',
      noGrad(() => completed(weight.detach())),
    );
  }

  rightInverse(Q: Tensor): Tensor {
    (this.base as Cell).assign(completed(Q));
    const negated = eye(Q.shape.at(-2) as number, Q.shape.at(-1) as number, {
      dtype: Q.dtype,
    }).neg();
    return negated.expand(Q.shape);
  }
}

/** An orthogonal matrix that can be assigned: the value is decomposed into reflections. */
class Reflections extends Orthogonal {
  constructor() {
    super('householder');
  }

  rightInverse(Q: Tensor): Tensor {
    const X = reflections(isWide(Q) ? Q.mT : Q);
    return isWide(Q) ? X.mT : X;
  }
}

/** A square orthogonal matrix that begins with the columns of `given`, or with the Q of their QR factorization. */
function completed(given: Tensor): Tensor {
  const Q = isWide(given) ? given.mT : given;
  const [n, k] = Q.shape.slice(-2) as [number, number];
  const { dtype } = Q;
  if (n === k) {
    const eps = dtype === 'float64' ? Number.EPSILON : 2 ** -23;
    const error = Q.mT.matmul(Q).sub(eye(n, { dtype })).abs().max();
    if (error.item() <= 10 * n * eps) return Q;
  }
  const full = n === k ? Q : cat([Q, randn([...Q.shape.slice(0, -1), n - k], { dtype })], -1);
  const { Q: factor, R } = linalg.qr(full);
  return factor.mul(R.diagonal({ dim1: -2, dim2: -1 }).sign().unsqueeze(-2));
}

/** The reflections whose product, with the signs on the diagonal, is `Q` (LAPACK's geqrf). */
function reflections(Q: Tensor): Tensor {
  const [n, k] = Q.shape.slice(-2) as [number, number];
  const all = Q.cast('float64').dataSync();
  for (let start = 0; start < all.length; start += n * k) {
    const a = all.subarray(start, start + n * k);
    const at = (i: number, j: number): number => a[i * k + j] as number;
    for (let j = 0; j < k; j++) {
      let below = 0;
      for (let i = j + 1; i < n; i++) below = Math.hypot(below, at(i, j));
      const alpha = at(j, j);
      const beta = below === 0 ? alpha : -Math.sign(alpha || 1) * Math.hypot(alpha, below);
      const tau = below === 0 ? 0 : (beta - alpha) / beta;
      for (let i = j + 1; i < n; i++) a[i * k + j] = below === 0 ? 0 : at(i, j) / (alpha - beta);
      for (let c = j + 1; c < k; c++) {
        let dot = at(j, c);
        for (let i = j + 1; i < n; i++) dot += at(i, j) * at(i, c);
        a[j * k + c] = at(j, c) - tau * dot;
        for (let i = j + 1; i < n; i++) a[i * k + c] = at(i, c) - tau * dot * at(i, j);
      }
      // If no reflection is needed, the one along e changes the sign of the column.
      a[j * k + j] = below === 0 ? -Math.sign(beta) : Math.sign(beta);
    }
  }
  return tensor(all, { shape: Q.shape }).cast(Q.dtype);
}

/**
 * Keeps a matrix, or a batch of them, orthogonal: `QᵀQ = I` for tall ones, `QQᵀ = I` for wide ones. The learned tensor
 * is `parametrizations.weight.original`, from which Q is computed: by `exp(A)` or Cayley's `(I + A/2)(I − A/2)⁻¹` of a
 * skew-symmetric A, or as a product of reflections. Q starts as the weight if that is orthogonal, else as the Q of its
 * QR factorization. Returns the module; `nn.utils.parametrize.removeParametrizations` undoes it. PyTorch:
 * `nn.utils.parametrizations.orthogonal`, with the same keys (Lezcano-Casado 2019).
 *
 * @throws {ChainruleError} if there is no such parameter, a {ShapeError} if it is not a matrix.
 * @example
 * const layer = nn.utils.parametrizations.orthogonal(new nn.Linear(20, 40));
 */
export function orthogonal<M extends Module>(module: M, options?: OrthogonalOptions): M {
  const op = 'orthogonal';
  const { name = 'weight', orthogonalMap, useTrivialization = true } = readOrthogonal(op, options);
  const weight = toReplace(op, module, name);
  if (weight.ndim < 2) {
    throw new ShapeError(
      `${op}: expected a matrix or a batch of matrices, got "${name}" of shape [${weight.shape.join(', ')}]`,
    );
  }
  const square = weight.shape.at(-1) === weight.shape.at(-2);
  const map = orthogonalMap ?? (square ? 'matrixExp' : 'householder');
  const parametrization = useTrivialization
    ? new Trivialized(map, weight)
    : map === 'householder'
      ? new Reflections()
      : new Orthogonal(map);
  return registerParametrization(module, name, parametrization, { unsafe: true });
}
