/** @file Makes nodes, and notes for each what it costs to leave it unevaluated and on which device it runs. */
import { homeOf, refuseDoubles } from './device.js';
import { isFloat, type DType } from './dtype.js';
import { mode, recording } from './mode.js';
import { PENDING_LIMITS, readCounter } from './pending.js';
import type { Attrs, Primitive } from './primitive.js';
import { runtime } from './runtime.js';
import { checkSize, MAX_SIZE, type Shape } from './shape.js';
import { Tensor } from './tensor.js';

/** @internal Makes a node; `op` has checked shape and dtype. */
export function makeNode<S extends Shape>(
  op: Primitive,
  inputs: readonly Tensor[],
  attrs: Attrs | null,
  shape: S,
  dtype: DType,
): Tensor<S> {
  if (recording.hold !== null) inputs = inputs.map(recording.hold) as Tensor[];
  let needsGrad = false;
  if (mode.grad && op.differentiable && isFloat(dtype)) {
    for (const x of inputs) if (x.needsGrad) needsGrad = true;
  }
  const node = new Tensor(op, inputs, attrs, shape, dtype, needsGrad, null);
  if (node.size > MAX_SIZE) checkSize(op.name, shape);
  const { runs } = runtime;
  let [depth, since, bytes, values] = [0, runs, 0, 0];
  for (const x of inputs) {
    if (x.home !== node.home) node.home = homeOf(op.name, inputs);
    if (x.value === null) {
      if (x.depth > depth) depth = x.depth;
      if (x.depth > 0 && x.since < since) since = x.since;
      bytes += x.bytes;
    } else if (x.cell === null) {
      values += x.value.byteLength;
    }
    if (x.cell !== null) x.cell.consume(x, node);
  }
  if (node.home === 'webgpu' && dtype === 'float64') refuseDoubles(op.name);
  node.depth = depth + 1;
  node.since = since;
  if (values > 0) readCounter.add(runs, values);
  node.bytes = bytes += values;
  if (
    !needsGrad &&
    (depth + 1 >= PENDING_LIMITS.depth ||
      bytes > PENDING_LIMITS.bytes ||
      runs - since > PENDING_LIMITS.runs)
  )
    runtime.limit(node);
  return node;
}
