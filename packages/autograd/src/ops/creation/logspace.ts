/** @file Powers of a base with evenly spaced exponents. */
import { checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { allocate, checkFits } from '../../graph/dtype.js';
import { checkInteger, checkShape } from '../../graph/shape.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { pow } from '../elements/powers.js';
import { longSequence } from './positions.js';
import { evenlySpaced, spacedNode } from './spacing.js';
import { finish, type CreationOptions } from '../build/leaves.js';

/** Options of `logspace`. */
export interface LogspaceOptions extends CreationOptions {
  /** The base. Default 10. */
  readonly base?: number;
}

const logspaceOptions = defineOptions<LogspaceOptions>({
  base: kinds.number,
  dtype: kinds.dtype,
  requiresGrad: kinds.flag,
  device: kinds.text,
});

/**
 * `steps` powers of `base`, from `base^start` to `base^end`, both included. NaN and infinite exponents are treated
 * as by `linspace`. PyTorch: `torch.logspace`.
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
  checkArgument('logspace', 'start', start, kinds.number);
  checkArgument('logspace', 'end', end, kinds.number);
  checkShape('logspace', [steps]);
  if (dtype === 'int32' && steps > 0)
    for (const x of [start, end]) checkFits('logspace', base ** x);
  const powers = (i: Tensor): Tensor => pow(base, spacedNode(start, end, steps, i));
  const long = longSequence(steps, dtype, powers, given);
  if (long !== null) return finish('logspace', long as unknown as Tensor<[N]>, given);
  const data = allocate(dtype, steps);
  for (let i = 0; i < steps; i++) data[i] = base ** evenlySpaced(start, end, steps, i);
  return finish('logspace', makeLeaf(data, [steps], dtype), given);
}
