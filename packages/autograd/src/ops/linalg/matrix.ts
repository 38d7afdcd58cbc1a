/** @file Products of matrices and vectors. */
import { byPosition, defineOptions, plural } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError, ShapeError } from '../../errors.js';
import { isFloat } from '../../graph/dtype.js';
import { broadcastShapes, sameShape, show, sizeOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, mul } from '../elements/arithmetic.js';
import { checkExpand, expandNode, reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, operand } from '../build/define.js';
import { diagonal } from '../shape/diagonals.js';
import { strongMul } from '../build/element.js';
import { matmulOf } from './products/matmul.js';
import type {
  LinearResult,
  MatmulResult,
  MatmulShape,
  OuterShape,
  ProductResult,
  ShapeIn,
  ShapeOf,
  Unless,
} from '../../types/index.js';

type Matmul = <X extends Tensor, Y extends Tensor>(
  x: X,
  y: Y & Unless<MatmulResult<ShapeIn<X>, ShapeIn<Y>>>,
) => Tensor<MatmulShape<ShapeIn<X>, ShapeIn<Y>>>;

type MatmulMethod = <T extends Tensor, Y extends Tensor>(
  this: T,
  other: Y & Unless<MatmulResult<ShapeIn<T>, ShapeIn<Y>>>,
) => Tensor<MatmulShape<ShapeIn<T>, ShapeIn<Y>>>;

/** A product of operands of these ranks. */
type MatrixProduct<RankX extends Shape, RankY extends Shape> = <X extends Tensor, Y extends Tensor>(
  x: X,
  y: Y & Unless<ProductResult<ShapeIn<X>, ShapeIn<Y>, RankX, RankY>>,
) => Tensor<ShapeOf<ProductResult<ShapeIn<X>, ShapeIn<Y>, RankX, RankY>>>;

type MatrixProductMethod<RankX extends Shape, RankY extends Shape> = <
  T extends Tensor,
  Y extends Tensor,
>(
  this: T,
  other: Y & Unless<ProductResult<ShapeIn<T>, ShapeIn<Y>, RankX, RankY>>,
) => Tensor<ShapeOf<ProductResult<ShapeIn<T>, ShapeIn<Y>, RankX, RankY>>>;

type Outer = <X extends Tensor, Y extends Tensor>(
  x: X,
  y: Y,
) => Tensor<OuterShape<ShapeIn<X>, ShapeIn<Y>>>;

type Linear = <X extends Tensor, W extends Tensor>(
  x: X,
  weight: W & Unless<LinearResult<ShapeIn<X>, ShapeIn<W>>>,
  bias?: Tensor | null | LinearOptions,
) => Tensor<ShapeOf<LinearResult<ShapeIn<X>, ShapeIn<W>>>>;

const PLAIN = { transA: false, transB: false };
const BY_ROWS = { transA: false, transB: true };

/**
 * The product of matrices `[…, m, k] × […, k, n] → […, m, n]`; leading dimensions broadcast. A vector on the left
 * counts as one row, on the right as one column, and that dimension is dropped from the result.
 *
 * Both operands have the same dtype: a float dtype, or int32, which wraps around. PyTorch: `torch.matmul`.
 *
 * @throws {ShapeError} if the inner dimensions differ or an operand has no dimensions.
 * @throws {DTypeError} if the dtypes differ, or are bool.
 * @example matmul(tensor([[1, 2], [3, 4]]), tensor([1, 1])) // [3, 7]
 */
export const matmul = composite('matmul', (x: Tensor, y: Tensor): Tensor => {
  const [a, b] = operands('matmul', x, y);
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError(
      `matmul: both operands need at least one dimension, got ${show(a.sizes)} × ${show(b.sizes)} (use mul to scale)`,
    );
  }
  checkInner('matmul', a.sizes, b.sizes);
  if (a.ndim === 2 && b.ndim === 2) return matmulOf([a, b], PLAIN);
  const k = a.sizes.at(-1) as number;
  const rows = a.sizes.slice(0, -1);
  if (b.ndim <= 2) {
    // One matrix product for all leading dimensions, in the backward pass too.
    const right = b.ndim === 1 ? reshapeNode(b, [k, 1]) : b;
    const out = matmulOf([reshapeNode(a, [sizeOf(rows), k]), right], PLAIN);
    return reshapeNode(out, [...rows, ...b.sizes.slice(1)]);
  }
  const left = a.ndim === 1 ? reshapeNode(a, [1, k]) : a;
  broadcastShapes('matmul', left.sizes.slice(0, -2), b.sizes.slice(0, -2));
  const out = matmulOf([left, b], PLAIN);
  return a.ndim === 1
    ? reshapeNode(out, [...out.sizes.slice(0, -2), out.sizes.at(-1) as number])
    : out;
}) as Matmul;

/**
 * `[m, k] × [k, n] → [m, n]`, without broadcasting. PyTorch: `torch.mm`. @throws {ShapeError}
 * @example mm(tensor([[1, 2]]), tensor([[3], [4]])) // [[11]]
 */
export const mm = composite('mm', (x: Tensor, y: Tensor): Tensor => {
  const [a, b] = operands('mm', x, y);
  checkRanks('mm', [a, 2], [b, 2]);
  checkInner('mm', a.sizes, b.sizes);
  return matmulOf([a, b], PLAIN);
}) as MatrixProduct<[number, number], [number, number]>;

/**
 * `[b, m, k] × [b, k, n] → [b, m, n]`, without broadcasting. PyTorch: `torch.bmm`. @throws {ShapeError}
 * @example bmm(ones([5, 2, 3]), ones([5, 3, 4])).shape // [5, 2, 4]
 */
export const bmm = composite('bmm', (x: Tensor, y: Tensor): Tensor => {
  const [a, b] = operands('bmm', x, y);
  checkRanks('bmm', [a, 3], [b, 3]);
  if (a.sizes[0] !== b.sizes[0]) {
    throw new ShapeError(
      `bmm: the batches differ: ${show(a.sizes)} × ${show(b.sizes)} (${a.sizes[0]} ≠ ${b.sizes[0]})`,
    );
  }
  checkInner('bmm', a.sizes, b.sizes);
  return matmulOf([a, b], PLAIN);
}) as MatrixProduct<[number, number, number], [number, number, number]>;

/**
 * Matrix times vector: `[m, k] × [k] → [m]`. PyTorch: `torch.mv`. @throws {ShapeError}
 * @example mv(tensor([[1, 2], [3, 4]]), tensor([1, 1])) // [3, 7]
 */
export const mv = composite('mv', (x: Tensor, vec: Tensor): Tensor => {
  const [a, v] = operands('mv', x, vec);
  checkRanks('mv', [a, 2], [v, 1]);
  checkInner('mv', a.sizes, v.sizes);
  return reshapeNode(matmulOf([a, reshapeNode(v, [v.size, 1])], PLAIN), [a.sizes[0] as number]);
}) as MatrixProduct<[number, number], [number]>;

/**
 * The dot product `Σ xᵢ yᵢ` of two vectors of equal length, without broadcasting. PyTorch: `torch.dot`. @throws
 * {ShapeError}
 * @example dot(tensor([1, 2]), tensor([3, 4])) // 11
 */
export const dot = composite('dot', (x: Tensor, y: Tensor): Tensor => {
  const [a, b] = operands('dot', x, y);
  checkRanks('dot', [a, 1], [b, 1]);
  if (a.size !== b.size)
    throw new ShapeError(`dot: the vectors have sizes ${a.size} and ${b.size}; they must be equal`);
  return reshapeNode(
    matmulOf([reshapeNode(a, [1, a.size]), reshapeNode(b, [b.size, 1])], PLAIN),
    [],
  );
}) as MatrixProduct<[number], [number]>;

/**
 * The outer product `xᵢ yⱼ` of two vectors: `[m], [n] → [m, n]`. Dtypes are promoted. PyTorch: `torch.outer`.
 * @throws {ShapeError}
 * @example outer(tensor([1, 2]), tensor([3, 4])) // [[3, 4], [6, 8]]
 */
export const outer = composite('outer', (x: Tensor, y: Tensor): Tensor => {
  const [a, b] = [operand('outer', x), operand('outer', y)];
  checkRanks('outer', [a, 1], [b, 1]);
  return mul(reshapeNode(a, [a.size, 1]), reshapeNode(b, [1, b.size]));
}) as Outer;

/**
 * The sum of the diagonal of a matrix. Integers add up in int32. PyTorch: `torch.trace`. @throws {ShapeError}
 * @example trace(tensor([[1, 2], [3, 4]])) // 5
 */
export const trace = composite('trace', (x: Tensor): Tensor => {
  const a = operand('trace', x);
  checkRanks('trace', [a, 2]);
  return sumOver([diagonal(a)], { dims: [0], keepdim: false });
}) as (x: Tensor) => Tensor<[]>;

/** Options of `addmm`. */
export interface AddmmOptions {
  /** The factor of `input`. With 0 the input is ignored, even where it holds NaN. Default 1. */
  readonly beta?: number;
  /** The factor of the product. Default 1. */
  readonly alpha?: number;
}

const addmmOptions = defineOptions<AddmmOptions>({ beta: kinds.finite, alpha: kinds.finite });

/**
 * `β · input + α · (x @ y)`, `input` broadcast to `[m, n]`. PyTorch: `torch.addmm`.
 * @throws {ShapeError} unless `x` and `y` are matrices that fit, and `input` can be expanded.
 * @example addmm(tensor([1, 2]), tensor([[1, 1]]), tensor([[1, 2], [3, 4]])) // [[5, 8]]
 */
export const addmm: (input: Tensor, x: Tensor, y: Tensor, options?: AddmmOptions) => Tensor =
  composite('addmm', (input: Tensor, x: Tensor, y: Tensor, options?: AddmmOptions): Tensor => {
    const { beta = 1, alpha = 1 } = addmmOptions('addmm', options);
    const [a, b] = operands('addmm', x, y);
    const c = operand('addmm', input);
    checkRanks('addmm', [a, 2], [b, 2]);
    checkInner('addmm', a.sizes, b.sizes);
    const product = matmulOf([a, b], PLAIN);
    if (c.dtype !== product.dtype) throw differ('addmm', c, product);
    checkExpand('addmm', c.sizes, product.sizes);
    const scaled = alpha === 1 ? product : mul(product, alpha);
    return add(scaled, beta === 1 ? c : beta === 0 ? strongMul(0, c) : mul(c, beta));
  });

/** Options of `linear`. */
export interface LinearOptions {
  /** Added to the result: `[out]`. May also be given by position: `linear(x, weight, bias)`. */
  readonly bias?: Tensor | null | undefined;
}

const linearOptions = byPosition(
  defineOptions<LinearOptions>({ bias: kinds.orNull(kinds.tensor) }, ({ bias }) => ({ bias })),
  'bias',
);

/**
 * `x Wᵀ + b`, with `x […, in]`, `weight [out, in]` and `bias [out]`: `[…, in] → […, out]`. A weight of one
 * dimension, `[in]`, gives `[…]`. PyTorch: `nn.functional.linear`.
 *
 * @throws {ShapeError} if the shapes do not fit. @throws {DTypeError} if the dtypes differ.
 * @example linear(tensor([[1, 2]]), tensor([[3, 4]]), tensor([5])) // [[16]]
 */
export const linear = composite(
  'linear',
  (
    x: Tensor,
    weight: Tensor,
    given?: Tensor | null | LinearOptions,
    options?: LinearOptions,
  ): Tensor => {
    const { bias } = linearOptions('linear', given, options);
    const [a, w] = operands('linear', x, weight);
    if (a.ndim === 0 || w.ndim === 0 || w.ndim > 2) {
      throw new ShapeError(
        `linear: expected x [..., in] and weight [out, in], got x ${show(a.sizes)} and weight ${show(w.sizes)}`,
      );
    }
    const features = w.sizes.at(-1) as number;
    if (a.sizes.at(-1) !== features) {
      throw new ShapeError(
        `linear: x ${show(a.sizes)} has ${plural(a.sizes.at(-1) as number, 'feature')}, weight ${show(w.sizes)} takes ${features} ` +
          `(${a.sizes.at(-1)} ≠ ${features})`,
      );
    }
    const out = w.sizes.slice(0, -1);
    const y = a.ndim === 2 && w.ndim === 2 ? matmulOf([a, w], BY_ROWS) : flatLinear(a, w, out);
    if (bias === undefined || bias === null) return y;
    const b = operand('linear', bias);
    if (b.dtype !== y.dtype) throw differ('linear', y, b);
    if (!sameShape(b.sizes, out) && b.ndim > 0) {
      throw new ShapeError(
        `linear: bias ${show(b.sizes)} does not fit weight ${show(w.sizes)}; it must be ${show(out)}`,
      );
    }
    return add(y, expandNode(b, out));
  },
) as Linear;

/** The product of `linear` with all leading dimensions as one; `out` is that of the weight, if it has one. */
function flatLinear(x: Tensor, weight: Tensor, out: Shape): Tensor {
  const features = weight.sizes.at(-1) as number;
  const lead = x.sizes.slice(0, -1);
  const flat = reshapeNode(x, [sizeOf(lead), features]);
  const product = matmulOf([flat, reshapeNode(weight, [sizeOf(out), features])], BY_ROWS);
  return reshapeNode(product, [...lead, ...out]);
}

function operands(op: string, x: Tensor, y: Tensor): [Tensor, Tensor] {
  const [a, b] = [operand(op, x), operand(op, y)];
  if (a.dtype !== b.dtype) throw differ(op, a, b);
  if (!isFloat(a.dtype) && a.dtype !== 'int32') {
    throw new DTypeError(`${op}: not defined for booleans; cast them: x.cast('float32')`);
  }
  return [a, b];
}

function differ(op: string, x: Tensor, y: Tensor): DTypeError {
  return new DTypeError(
    `${op}: the dtypes differ: ${x.dtype} and ${y.dtype}; cast one: x.cast('${y.dtype}')`,
  );
}

function checkRanks(op: string, ...pairs: readonly (readonly [Tensor, number])[]): void {
  if (pairs.some(([x, ndim]) => x.ndim !== ndim)) {
    const wanted = pairs
      .map(([, ndim]) => ['', 'a vector', 'a matrix', 'a batch of matrices'][ndim])
      .join(' and ');
    throw new ShapeError(
      `${op}: expected ${wanted}, got ${pairs.map(([x]) => show(x.sizes)).join(' × ')}`,
    );
  }
}

function checkInner(op: string, x: Shape, y: Shape): void {
  const [a, b] = [x.at(-1), y.length === 1 ? y[0] : y.at(-2)];
  if (a !== b)
    throw new ShapeError(`${op}: inner dimensions differ: ${show(x)} × ${show(y)} (${a} ≠ ${b})`);
}

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars
export interface MatrixMethods<S extends Shape = Shape> {
  matmul: MatmulMethod;
  mm: MatrixProductMethod<[number, number], [number, number]>;
  bmm: MatrixProductMethod<[number, number, number], [number, number, number]>;
  mv: MatrixProductMethod<[number, number], [number]>;
  dot: MatrixProductMethod<[number], [number]>;
  outer<T extends Tensor, Y extends Tensor>(
    this: T,
    other: Y,
  ): Tensor<OuterShape<ShapeIn<T>, ShapeIn<Y>>>;
  trace(): Tensor<[]>;
  addmm(x: Tensor, y: Tensor, options?: AddmmOptions): Tensor;
  linear<T extends Tensor, W extends Tensor>(
    this: T,
    weight: W & Unless<LinearResult<ShapeIn<T>, ShapeIn<W>>>,
    bias?: Tensor | null | LinearOptions,
  ): Tensor<ShapeOf<LinearResult<ShapeIn<T>, ShapeIn<W>>>>;
}
