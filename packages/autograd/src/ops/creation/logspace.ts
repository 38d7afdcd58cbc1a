/** @file Powers of a base at equal distances of their exponents. */
import { defineOptions, kinds } from '../../arguments/index.js';
import { ChainruleError } from '../../errors.js';
import { allocate } from '../../graph/dtype.js';
import { checkInteger } from '../../graph/shape.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { finish, type CreationOptions } from '../build/leaves.js';

/** Options of `logspace`. */
export interface LogspaceOptions extends CreationOptions {
  /** Default 10. */
  readonly base?: number;
}

const logspaceOptions = defineOptions<LogspaceOptions>({
  base: kinds.number,
  dtype: kinds.dtype,
  requiresGrad: kinds.flag,
  device: kinds.text,
});

/**
 * `steps` powers of `base`, from `base^start` to `base^end`, both included. PyTorch: `torch.logspace`.
 * @example logspace(0, 2, 3) // [1, 10, 100]
 */
export function logspace<N extends number>(
  start: number,
  end: number,
  steps: N,
  options?: LogspaceOptions,
): Tensor<[N]> {
  const given = logspaceOptions('logspace', options);
  const { base = 10, dtype = 'float32' } = given;
  checkInteger('logspace', 'steps', steps, 0);
  for (const x of [start, end])
    if (!Number.isFinite(x))
      throw new ChainruleError(`logspace: expected finite exponents, got ${String(x)}`);
  const data = allocate(dtype, steps);
  const by = (end - start) / (steps - 1);
  for (let i = 0; i < steps; i++) {
    const exponent =
      steps === 1 ? start : i < steps / 2 ? start + i * by : end - (steps - 1 - i) * by;
    data[i] = base ** exponent;
  }
  return finish('logspace', makeLeaf(data, [steps], dtype), given);
}
