/** @file Shared by the rules of loops: recording more nodes of a body, and placeholders for its cotangents and tangents. */
import { mode, type LoopName } from '../../graph/mode.js';
import type { Tensor } from '../../graph/tensor.js';
import { Placeholder } from '../../graph/version.js';
import { expandNode, reshapeNode } from '../../ops/build/broadcast.js';
import { withGraphBuilding } from '../variable.js';

/** Records more nodes of a body, in the same modes as its own nodes. */
export function recordInBody<R>(name: LoopName, f: () => R): R {
  const { tracing, body } = mode;
  mode.tracing ??= name;
  mode.body = name;
  try {
    return withGraphBuilding(true, f);
  } finally {
    Object.assign(mode, { tracing, body });
  }
}

/** A placeholder for a cotangent or tangent. */
export function placeholderLike(like: Tensor): Placeholder {
  return new Placeholder(like.sizes, like.dtype, { requiresGrad: true });
}

/** Whether a value is not null. */
export function isPresent<T>(x: T | null): x is T {
  return x !== null;
}

/** Repeats a tensor for every example. */
export function broadcastToExamples(x: Tensor, size: number): Tensor {
  return expandNode(reshapeNode(x, [1, ...x.sizes]), [size, ...x.sizes]);
}
