/** @file `checkGradients`: checks the gradients of your own operation on random tensors. */
import * as fc from 'fast-check';
import { checkArgument, defineOptions, type Kind } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import type { Tensor } from '../graph/tensor.js';
import { gradcheck, gradgradcheck, type GradcheckOptions } from './gradcheck.js';

/** Options of `checkGradients`. */
export interface CheckGradientsOptions extends GradcheckOptions {
  /** Whether to check second derivatives too. Default true. */
  readonly second?: boolean;
  /** How many inputs to try. Default 50. */
  readonly numRuns?: number;
  /** The seed that fast-check printed, to repeat a failure. */
  readonly seed?: number;
  /** The path that fast-check printed, to repeat a counterexample. */
  readonly path?: string;
}

const arbitrary: Kind<fc.Arbitrary<Tensor | Tensor[]>> = kinds.kind(
  'be an arbitrary of tensors such as arbTensor()',
  (x) => x instanceof fc.Arbitrary,
);
const checkOptions = defineOptions<CheckGradientsOptions>({
  eps: kinds.positive,
  atol: kinds.nonNegative,
  rtol: kinds.nonNegative,
  second: kinds.flag,
  numRuns: kinds.count,
  seed: kinds.whole,
  path: kinds.text,
});

/**
 * Checks reverse and forward mode of `f`, and by default its second derivatives, against central differences on
 * random inputs. A failure is shrunk to the smallest inputs that show it; its message has them, the index, and the
 * analytic and the numeric value.
 * @example checkGradients((x) => mySoftplus(x), arbTensor({ domain: [-5, 5] }));
 * @example checkGradients((x, y) => myDistance(x, y), arbBroadcastable(2));
 */
export function checkGradients(
  f: (...inputs: Tensor[]) => unknown,
  inputs: fc.Arbitrary<Tensor | Tensor[]>,
  options?: CheckGradientsOptions,
): void {
  checkArgument('checkGradients', 'f', f, kinds.callable);
  checkArgument('checkGradients', 'inputs', inputs, arbitrary);
  const given = checkOptions('checkGradients', options);
  const { second = true, numRuns = 50, seed, path, ...tolerances } = given;
  const property = fc.property(inputs, (tensors) => {
    gradcheck(f, tensors, tolerances);
    if (second) gradgradcheck(f, tensors, tolerances);
  });
  fc.assert(property, {
    numRuns,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
  });
}
