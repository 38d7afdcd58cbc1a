/** @file Checks what a cell accepts: a tensor to begin with, then tensors or numbers of its shape and dtype. */
import { checkArgument, display } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { allocate, type DType } from '../dtype.js';
import { isTensor } from '../isTensor.js';
import { sameShape, show, type Shape } from '../shape.js';
import { makeLeaf, type Tensor } from '../tensor.js';

/** Numbers are handled before this check. */
const tensorOrNumber = kinds.kind<Tensor>('be a tensor or a number', isTensor);

export function checkInitial<S extends Shape>(op: string, initial: Tensor<S>): Tensor<S> {
  if (isTensor(initial)) return initial;
  throw new ChainruleError(
    `${op}: expected a tensor, got ${display(initial)}; make one first: tensor([1, 2])`,
  );
}

/** The node of an assigned value. */
export function checkNext(cell: Tensor, next: Tensor | number): Tensor {
  const node =
    typeof next === 'number'
      ? leafOf(next, cell.dtype)
      : checkArgument('assign', 'the new value', next, tensorOrNumber).current;
  if (!sameShape(node.sizes, cell.sizes)) {
    throw new ShapeError(
      `assign: the cell has shape ${show(cell.sizes)}, the new value ${show(node.sizes)}; they must be equal`,
    );
  }
  if (node.dtype !== cell.dtype) {
    throw new DTypeError(
      `assign: the cell is ${cell.dtype}, the new value ${node.dtype}; cast it: cast(value, '${cell.dtype}')`,
    );
  }
  return node;
}

function leafOf(x: number, dtype: DType): Tensor {
  const value = allocate(dtype, 1);
  value[0] = x;
  return makeLeaf(value, [], dtype);
}
