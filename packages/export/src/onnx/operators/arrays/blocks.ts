/** @file Operators that move elements between the channels and the pixels of an image. */
import type { Call } from '../../import/call.js';
import { operator, type Operator, type Result } from '../operator.js';

/** Turns channels into blocks of pixels. */
function depthToSpace(call: Call): Result {
  const x = call.tensor(0);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const b = call.int('blocksize');
  const inner = c / (b * b);
  if (!Number.isInteger(inner)) call.refuse(`${c} channels are not a multiple of ${b * b}`);
  const y =
    call.text('mode', 'DCR') === 'DCR'
      ? x.reshape([n, b, b, inner, h, w]).permute([0, 3, 4, 1, 5, 2])
      : x.reshape([n, inner, b, b, h, w]).permute([0, 1, 4, 2, 5, 3]);
  return y.reshape([n, inner, h * b, w * b]);
}

function spaceToDepth(call: Call): Result {
  const x = call.tensor(0);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const b = call.int('blocksize');
  const order = call.text('mode', 'DCR') === 'DCR' ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
  const y = x.reshape([n, c, h / b, b, w / b, b]).permute(order);
  return y.reshape([n, c * b * b, h / b, w / b]);
}

export const BLOCKS: readonly Operator[] = [
  operator('DepthToSpace', depthToSpace),
  operator('SpaceToDepth', spaceToDepth),
];
