/** @file The primitives behind linear systems: solve and triangular solve. */
import { ChainruleError } from '../../errors.js';
import type { Value } from '../../graph/primitive.js';
import { sizeOf } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { neg, sub } from '../elements/arithmetic.js';
import { expandNode } from '../build/broadcast.js';
import { eq } from '../elements/comparison.js';
import { tril, triu } from '../shape/diagonals.js';
import { castNode } from '../build/element.js';
import { markMemory, withLoopMemory, zeros } from '../../kernels/plain/doubleLoops.js';
import { copyNumbers, transposeInPlace } from './kernels/denseKernels.js';
import { luInPlace, RowOrder, substitute } from './kernels/factorKernels.js';
import { matmulOf } from './products/matmul.js';
import { batchAll, iotaAlong, permuteNode } from '../shape/movement.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';

/** `x · y`, where either can be transposed. */
export function product(x: Tensor, y: Tensor, transA = false, transB = false): Tensor {
  return matmulOf([x, y], { transA, transB });
}

/** The last two dimensions exchanged. */
export function transposed(x: Tensor): Tensor {
  const lead = x.sizes.slice(0, -2).map((_, d) => d);
  return permuteNode(x, [...lead, x.ndim - 1, x.ndim - 2]);
}

/**
 * From this many elements on, matrices are copied to where vector loops reach them; factorizations take this many times their
 * memory there.
 */
const MIN_LOOP_ELEMENTS = 64;
const MEMORY_FACTOR = 12;

/**
 * Calls `f` with the elements of each matrix in float64 and its number; and with room for `also` further numbers. Both arrays
 * are reused for the next matrix.
 */
export function eachMatrix(
  { data, shape }: Value,
  f: (a: Float64Array, i: number, more: Float64Array) => void,
  also = 0,
): void {
  const size = sizeOf(shape.slice(-2));
  const count = sizeOf(shape.slice(0, -2));
  if (count === 0) return;
  const all = (): void => {
    const [a, more] = [zeros(size), zeros(also)];
    const release = markMemory();
    for (let i = 0; i < count; i++) {
      copyNumbers(a, 0, data, i * size, size);
      f(a, i, more);
      release();
    }
  };
  if (size < MIN_LOOP_ELEMENTS) all();
  else withLoopMemory(MEMORY_FACTOR * size + also, all);
}

interface SolveAttrs extends Record<string, boolean | string> {
  readonly transposed: boolean;
  /** The public operation, to name in the error for a singular matrix; empty if such a matrix gives infinities instead. */
  readonly op: string;
}

/** `A⁻¹ B` or `A⁻ᵀ B` for `A […, n, n]` and `B […, n, k]` with equal leading dimensions. */
export const solveOf: PrimitiveOp<SolveAttrs> = primitive<SolveAttrs>('solve', {
  lowering: { kind: 'reference' },
  shape: ([, b]) => (b as Tensor).sizes,
  vjp: (i, ct, [a], out, attrs) => {
    const back = solveOf([a as Tensor, ct], { ...attrs, transposed: !attrs.transposed });
    if (i === 1) return back;
    return neg(
      attrs.transposed ? product(out, back, false, true) : product(back, out, false, true),
    );
  },
  jvp: ([ta, tb], [a], out, attrs) => {
    const change = ta === null || ta === undefined ? null : product(ta, out, attrs.transposed);
    const right =
      tb === null || tb === undefined
        ? neg(change as Tensor)
        : change === null
          ? tb
          : sub(tb, change);
    return solveOf([a as Tensor, right], attrs);
  },
  batch: (inputs, batched, attrs, size) => solveOf(batchAll(inputs, batched, size), attrs),
  reference: ([a, b], out, attrs) => {
    const [n, k] = out.shape.slice(-2) as [number, number];
    const { data } = b as Value;
    const rows = new RowOrder(n, n);
    eachMatrix(
      a as Value,
      (m, i, x) => {
        if (attrs.transposed) transposeInPlace(m, n);
        luInPlace(m, n, n, rows);
        if (attrs.op !== '') checkRegular(attrs.op, m, n, i);
        for (let r = 0; r < n; r++) copyNumbers(x, r * k, data, (i * n + rows.order[r]!) * k, k);
        substitute(m, n, x, k, false, true);
        substitute(m, n, x, k, true, false);
        copyNumbers(out.data, i * n * k, x, 0, n * k);
      },
      n * k,
    );
  },
});

function checkRegular(op: string, lu: Float64Array, n: number, i: number): void {
  for (let k = 0; k < n; k++) {
    if (lu[k * n + k] === 0) {
      throw new ChainruleError(
        `${op}: matrix ${i} of shape [${n}, ${n}] is singular: pivot ${k} is 0, so it has no inverse`,
      );
    }
  }
}

interface TriangularAttrs extends Record<string, boolean> {
  readonly upper: boolean;
  readonly transposed: boolean;
  readonly unit: boolean;
}

/** `T⁻¹ B` or `T⁻ᵀ B`, where T is the triangle of `A […, n, n]` that `upper` names, with ones on the diagonal if `unit`. */
export const triangularOf: PrimitiveOp<TriangularAttrs> = primitive<TriangularAttrs>(
  'triangularSolve',
  {
    lowering: { kind: 'reference' },
    shape: ([, b]) => (b as Tensor).sizes,
    vjp: (i, ct, [a], out, attrs) => {
      const back = triangularOf([a as Tensor, ct], { ...attrs, transposed: !attrs.transposed });
      if (i === 1) return back;
      return triangle(
        neg(attrs.transposed ? product(out, back, false, true) : product(back, out, false, true)),
        attrs,
      );
    },
    jvp: ([ta, tb], [a], out, attrs) => {
      const change =
        ta === null || ta === undefined
          ? null
          : product(triangle(ta, attrs), out, attrs.transposed);
      const right =
        tb === null || tb === undefined
          ? neg(change as Tensor)
          : change === null
            ? tb
            : sub(tb, change);
      return triangularOf([a as Tensor, right], attrs);
    },
    batch: (inputs, batched, attrs, size) => triangularOf(batchAll(inputs, batched, size), attrs),
    reference: ([a, b], out, { upper, transposed: turned, unit }) => {
      const [n, k] = out.shape.slice(-2) as [number, number];
      eachMatrix(
        a as Value,
        (matrix, i, x) => {
          copyNumbers(x, 0, (b as Value).data, i * n * k, n * k);
          if (turned) transposeInPlace(matrix, n);
          substitute(matrix, n, x, k, upper !== turned, unit);
          copyNumbers(out.data, i * n * k, x, 0, n * k);
        },
        n * k,
      );
    },
  },
);

function triangle(x: Tensor, { upper, unit }: TriangularAttrs): Tensor {
  return upper ? triu(x, unit ? 1 : 0) : tril(x, unit ? -1 : 0);
}

/** An identity matrix for each matrix of `a`. */
export function identityLike(a: Tensor): Tensor {
  const n = a.sizes.at(-1) as number;
  const eye = castNode(eq(iotaAlong(n, 0, 2), iotaAlong(n, 1, 2)), a.dtype);
  return expandNode(eye, [...a.sizes.slice(0, -2), n, n]);
}
