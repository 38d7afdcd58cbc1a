/** @file All parameters as one vector, and back. */
import {
  cat,
  type Cell,
  checkArgument,
  type Kind,
  kinds,
  noGrad,
  plural,
  readList,
  ShapeError,
  type Tensor,
} from '@chainrule/autograd';
import { checkFillable } from './computed.js';

/**
 * The elements of all tensors in one vector; differentiable. PyTorch: `nn.utils.parameters_to_vector`.
 * @example parametersToVector(new Linear(2, 3).parameters()).size // 9
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  return cat(listOf('parametersToVector', parameters).map((p) => p.reshape([p.size])));
}

/**
 * Copies a vector's elements into parameters, in their order. PyTorch: `nn.utils.vector_to_parameters`.
 * @throws {ShapeError} unless the vector has exactly as many elements as the parameters.
 * @example
 * const layer = new Linear(2, 1);
 * vectorToParameters(tensor([1, 2, 3]), layer.parameters());
 * layer.weight // [[1, 2]]
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Cell>): void {
  const list = listOf('vectorToParameters', parameters);
  checkArgument('vectorToParameters', 'vector', vector, kinds.tensor);
  for (const p of list) checkFillable('vectorToParameters', p);
  const total = list.reduce((n, p) => n + p.size, 0);
  if (vector.ndim !== 1 || vector.size !== total) {
    throw new ShapeError(
      `vectorToParameters: the parameters have ${plural(total, 'element')}, the vector has shape [${vector.shape.join(', ')}]`,
    );
  }
  noGrad(() => {
    let from = 0;
    for (const p of list) {
      p.assign(vector.narrow(0, from, p.size).reshape(p.shape).cast(p.dtype).detach());
      from += p.size;
    }
  });
}

/** The tensors of an iterable. */
function listOf<T extends Tensor>(op: string, given: Iterable<T>): T[] {
  return readList(op, 'parameters', given, kinds.tensor as Kind<T>);
}
