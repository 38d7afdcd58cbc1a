/** @file Matrix products. */
import { ShapeError } from '../../../errors.js';
import type { Value } from '../../../graph/primitive.js';
import { broadcastShapes, broadcastStrides, show, type Shape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { reshapeNode, sumTo, walk } from '../../build/broadcast.js';
import { gemm, integerGemm } from './gemm.js';
import { primitive, type PrimitiveOp } from '../../build/primitive.js';

/**
 * The product of matrices `[…, m, k] × […, k, n] → […, m, n]`; leading dimensions broadcast. `transA` and `transB` say
 * that an operand is stored transposed, so that the products of the backward pass need no transposition.
 */
export const matmulOf: PrimitiveOp<{ transA: boolean; transB: boolean }> = primitive('matmul', {
  lowering: {
    kind: 'product',
    transposed: ({ transA, transB }) => ({ a: transA, b: transB }),
  },
  shape: ([a, b], { transA, transB }) => {
    const [x, y] = [matrix((a as Tensor).sizes, transA), matrix((b as Tensor).sizes, transB)];
    if (x.columns !== y.rows) {
      throw new ShapeError(
        `matmul: inner dimensions differ: ${show((a as Tensor).sizes)} × ${show((b as Tensor).sizes)} (${x.columns} ≠ ${y.rows})`,
      );
    }
    const batch = broadcastShapes('matmul', x.batch, y.batch);
    return batch === NONE ? [x.rows, y.columns] : [...batch, x.rows, y.columns];
  },
  vjp: (i, ct, inputs, _out, { transA, transB }) => {
    const [a, b] = inputs as readonly [Tensor, Tensor];
    if (i === 0) {
      const da = transA
        ? matmulOf([b, ct], { transA: transB, transB: true })
        : matmulOf([ct, b], { transA: false, transB: !transB });
      return sumTo(da, a.sizes);
    }
    const db = transB
      ? matmulOf([ct, a], { transA: true, transB: transA })
      : matmulOf([a, ct], { transA: !transA, transB: false });
    return sumTo(db, b.sizes);
  },
  jvp: 'multilinear',
  batch: (inputs, batched, attrs) => {
    const rank = Math.max(...inputs.map((x, i) => x.ndim - (batched[i] === true ? 1 : 0)));
    return matmulOf(
      inputs.map((x, i) => {
        if (batched[i] !== true || x.ndim === rank + 1) return x;
        const [size = 0, ...rest] = x.sizes;
        return reshapeNode(x, [size, ...new Array<number>(rank - rest.length).fill(1), ...rest]);
      }),
      attrs,
    );
  },
  reference: ([a, b], out, { transA, transB }) => {
    const [x, y] = [matrix((a as Value).shape, transA), matrix((b as Value).shape, transB)];
    const batch = out.shape.slice(0, -2);
    const [m, n, k] = [x.rows, y.columns, x.columns];
    const sa = broadcastStrides(x.batch, batch).map((s) => s * m * k);
    const sb = broadcastStrides(y.batch, batch).map((s) => s * k * n);
    const offsets: number[] = [];
    walk(batch, sb, (_i, at) => offsets.push(at));
    const multiply = out.dtype === 'int32' ? integerGemm : gemm;
    const [ar, ac] = transA ? [1, m] : [k, 1];
    const [br, bc] = transB ? [1, k] : [n, 1];
    walk(batch, sa, (i, at) => {
      const left = { data: (a as Value).data, at, row: ar, column: ac };
      const right = { data: (b as Value).data, at: offsets[i]!, row: br, column: bc };
      multiply([m, n, k], left, right, out.data, i * m * n);
    });
  },
});

const NONE: Shape = [];

/** The last two dimensions, read as they are or transposed. */
function matrix(
  shape: Shape,
  transposed: boolean,
): { batch: Shape; rows: number; columns: number } {
  const before = shape.length - 2;
  const batch = before === 0 ? NONE : shape.slice(0, before);
  const { [before]: r = 0, [before + 1]: c = 0 } = shape;
  return transposed ? { batch, rows: c, columns: r } : { batch, rows: r, columns: c };
}
