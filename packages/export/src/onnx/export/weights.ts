/** @file Weights of a file: as they are, or in a narrower type, from which the file itself makes float32 again. */
import { ChainruleError } from '@chainrule/autograd';
import type { GraphNode } from '@chainrule/autograd/graph';
import { halfBytes } from '../../halves.js';
import { toInt8 } from '../../int8.js';
import { ELEMENTS } from '../schema/elementTypes.js';
import { nearestNumber } from '../schema/floatFormat.js';
import type { Emitter } from './emitter.js';
import { CODE } from './encoded.js';

/** The types that weights may be stored in. */
export const WEIGHT_TYPES = ['float32', 'float16', 'bfloat16', 'int8'] as const;

export type WeightType = (typeof WEIGHT_TYPES)[number];

/**
 * Writes a weight, and returns the name of its value. Only floats of two dimensions and more are stored in `type`: biases,
 * scales and statistics are few, and need their digits.
 */
export function writeWeight(
  { state: { key, cell }, shape, dtype }: GraphNode & { kind: 'state' },
  e: Emitter,
  type: WeightType,
): string {
  const data = cell.dataSync();
  if (type === 'float32' || !(data instanceof Float32Array) || shape.length < 2 || cell.size === 0)
    return e.weight(key, shape, CODE[dtype], data);
  return e.inMain(() => {
    if (type === 'int8') return integers(e, key, shape, data);
    const { format, code } = ELEMENTS[type];
    const lost = data.find(
      (x) =>
        format !== undefined && Number.isFinite(x) && !Number.isFinite(nearestNumber(x, format)),
    );
    if (lost !== undefined)
      throw new ChainruleError(
        `exportOnnx: the weight '${key}' contains ${lost}, which is beyond the range of ${type}`,
      );
    const own = e.weight(key, shape, code, halfBytes(data, type));
    return e.node('Cast', [own], { to: CODE.float32 });
  });
}

function integers(e: Emitter, key: string, shape: readonly number[], data: Float32Array): string {
  const lost = data.find((x) => !Number.isFinite(x));
  if (lost !== undefined)
    throw new ChainruleError(`exportOnnx: the weight '${key}' contains ${lost}, which int8 lacks`);
  const made = toInt8(data, shape);
  const { axis } = made;
  const own = e.weight(key, shape, ELEMENTS.int8.code, made.data);
  const scale = e.weight(`${key}.scale`, [made.scale.length], CODE.float32, made.scale);
  return e.node('DequantizeLinear', [own, scale], { axis });
}
