/** @file `grad(outputs, inputs)`: derivatives as values, without touching any `.grad`. */
import { checkArgument, defineOptions } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { GradError } from '../errors.js';
import { isTensor } from '../graph/isTensor.js';
import type { Tensor } from '../graph/tensor.js';
import { backwardOptions } from './backward.js';
import { checkDifferentiable, seedOf } from './seeds.js';
import { leafOf, pullback } from './vjp.js';

/** Options of `grad` and `backward`. */
export interface GradOptions {
  /** The cotangents of the outputs: a list, or one for a single output. Default: 1 for an output with one element. */
  readonly gradOutputs?: Tensor | readonly (Tensor | null | undefined)[];
  /** Whether the gradients may be differentiated again. Default false. */
  readonly createGraph?: boolean;
  /** Whether the graph may be differentiated once more. Default: as `createGraph`. */
  readonly retainGraph?: boolean;
  /** Whether inputs that the outputs do not depend on give null instead of an error. Default false. */
  readonly allowUnused?: boolean;
}

const gradOptions = defineOptions<GradOptions>({
  ...backwardOptions.table,
  gradOutputs: kinds.either(
    kinds.tensor,
    kinds.listOf(
      kinds.kind<Tensor | null | undefined>(
        'be a tensor or null',
        (x) => x === null || x === undefined || isTensor(x),
      ),
    ),
  ),
  allowUnused: kinds.flag,
});

/**
 * The derivatives of `outputs`, weighted by `gradOutputs`, with respect to `inputs`; no `.grad` changes.
 * PyTorch: `torch.autograd.grad`.
 */
export function gradOf(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): (Tensor | null)[] {
  const {
    gradOutputs = [],
    createGraph = false,
    allowUnused = false,
  } = gradOptions('grad', options);
  const ys = tensorsIn('outputs', outputs);
  const xs = tensorsIn('inputs', inputs);
  const cotangents = [gradOutputs].flat();
  const roots = ys.map((y) => y.current);
  for (const root of roots) checkDifferentiable('grad', root);
  for (const x of xs) {
    if (!x.needsGrad) throw new GradError('grad: one of the inputs does not require grad');
  }
  const seeds = roots.map((root, k) => seedOf('grad', root, cotangents[k]));
  const targets = xs.map((x) => leafOf(x.current));
  const gradients = pullback(roots, seeds, new Set(targets), { createGraph });
  return targets.map((target, k) => {
    const g = gradients.get(target) ?? null;
    if (g === null && !allowUnused) {
      throw new GradError(
        `grad: the outputs do not depend on input ${k}; pass { allowUnused: true } to get null for it`,
      );
    }
    return g;
  });
}

const tensors = kinds.oneOrMore(kinds.tensor);

/** One tensor, or several. */
function tensorsIn(name: string, given: Tensor | readonly Tensor[]): readonly Tensor[] {
  const list = checkArgument('grad', name, given, tensors);
  return isTensor(list) ? [list] : list;
}
