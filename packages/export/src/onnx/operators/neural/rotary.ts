/** @file Rotary position embeddings (Su et al. 2021, arXiv:2104.09864). */
import * as cr from '@chainrule/autograd';
import { range } from '../helpers.js';

/** The rotation of pairs of features. */
export interface Rotation {
  readonly cos: cr.Tensor;
  readonly sin: cr.Tensor;
  /** Whether pairs are neighbours; otherwise a pair has one feature in each half. */
  readonly interleaved: boolean;
  /** How many features are rotated; 0 for all. */
  readonly width: number;
}

/** The rows of a table at given positions, for all heads. */
export function rowsAt(cache: cr.Tensor, positions: cr.Tensor): cr.Tensor {
  const chosen = cache.indexSelect(0, positions.reshape([-1]));
  return chosen.reshape([...positions.shape, cache.shape[1] as number]).unsqueeze(1);
}

/** Rotates pairs of features of `[batch, heads, length, size]` by the angles of their positions. */
export function rotated(x: cr.Tensor, { interleaved, width, ...angles }: Rotation): cr.Tensor {
  const size = x.shape[3] as number;
  const turned = width || size;
  const [part, rest] = [cr.narrow(x, 3, 0, turned), cr.narrow(x, 3, turned, size - turned)];
  const [cos, sin] = [angles.cos, angles.sin].map((t) => cr.narrow(t, 3, 0, turned / 2)) as [
    cr.Tensor,
    cr.Tensor,
  ];
  const pairs = interleaved
    ? part.reshape([...part.shape.slice(0, 3), turned / 2, 2]).unbind(4)
    : part.chunk(2, 3);
  const [a, b] = pairs as [cr.Tensor, cr.Tensor];
  const [real, imaginary] = [a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))];
  const joined = interleaved
    ? cr.stack([real, imaginary], 4).reshape(part.shape)
    : cr.cat([real, imaginary], 3);
  return size === turned ? joined : cr.cat([joined, rest], 3);
}

/** Consecutive positions, starting from a first one for each example or for all. */
export function positionsFrom(first: cr.Tensor | number, length: number): cr.Tensor {
  const steps = cr.tensor(Int32Array.from(range(length)), { dtype: 'int32' }).unsqueeze(0);
  return typeof first === 'number' ? steps.add(first) : steps.add(first.reshape([-1, 1]));
}
