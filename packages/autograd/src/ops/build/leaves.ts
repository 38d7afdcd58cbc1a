/** @file New tensors that no operation made: their options, and what every function that makes one checks. */
import { defineOptions, type OptionsReader } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError } from '../../errors.js';
import { checkDevice, placement, refuseDoubles } from '../../graph/device.js';
import { allocate, isFloat, type DType } from '../../graph/dtype.js';
import { mode } from '../../graph/mode.js';
import { storageOf } from '../../graph/values/reading.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import type { Shape } from '../../graph/shape.js';

/** Options of everything that makes a tensor. */
export interface CreationOptions {
  /** The dtype of the result. Default float32. */
  readonly dtype?: DType;
  /** Whether gradients flow back to the result. Default false. */
  readonly requiresGrad?: boolean;
  /** One of `devices()`. */
  readonly device?: string;
}

/** Reads the options that every function which makes a tensor takes. */
export const creationOptions: OptionsReader<CreationOptions> = defineOptions<CreationOptions>({
  dtype: kinds.dtype,
  requiresGrad: kinds.flag,
  device: kinds.text,
});

/** A new tensor; if gradients are requested, a leaf that has its value. */
export function finish<S extends Shape>(
  op: string,
  t: Tensor<S>,
  options: CreationOptions,
): Tensor<S> {
  const device = options.device === undefined ? placement.chosen : checkDevice(op, options.device);
  if (
    device === 'webgpu' &&
    t.dtype === 'float64' &&
    (t.sizes.length > 0 || options.device !== undefined)
  )
    refuseDoubles(op);
  // Numbers without dimensions stay on the host unless another device is asked for: they combine with tensors on any device.
  if (t.home === null && (t.sizes.length > 0 || (device !== 'cpu' && t.dtype !== 'float64')))
    t.home = device;
  if (options.requiresGrad !== true) return t;
  if (!isFloat(t.dtype)) {
    throw new DTypeError(
      `${op}: only float tensors have gradients, this one is ${t.dtype}; requiresGrad needs a float dtype`,
    );
  }
  if (t.op !== null && mode.tracing !== null) t.becomeLeaf();
  const leaf = t.op === null || mode.tracing !== null ? t : leafOn(t, op);
  leaf.needsGrad = true;
  return leaf;
}

function leafOn<S extends Shape>(t: Tensor<S>, op: string): Tensor<S> {
  const leaf = makeLeaf(storageOf(t, op), t.sizes, t.dtype);
  leaf.home = t.home;
  return leaf;
}

/** One number without dimensions, with its value. */
export function single(value: number, dtype: DType): Tensor<[]> {
  return makeLeaf(allocate(dtype, 1).fill(value), [], dtype);
}
