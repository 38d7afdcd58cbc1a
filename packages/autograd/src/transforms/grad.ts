/** @file `grad`, in both forms: of a function, and of tensors. */
import { checkArgument, passes } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import type { Tensor } from '../graph/tensor.js';
import { gradOf, type GradOptions } from './gradOf.js';
import type { Argnums, Gradient, InputGradients } from '../types/trees.js';
import { gradFunction, type GradFunctionOptions } from './functional.js';

/**
 * The gradient function of a scalar function, or the derivatives of tensors with respect to others.
 *
 * - `grad(f, argnums?, { hasAux? })` is a function of the same arguments that returns the gradient of `f` with respect to
 *   its first argument, or to those listed in `argnums`. See `valueAndGrad` for the value too. PyTorch: `torch.func.grad`.
 * - `grad(outputs, inputs, { gradOutputs?, createGraph?, allowUnused? })` is the list of the derivatives of `outputs`, weighted
 *   by `gradOutputs`, with respect to each of `inputs`; no `.grad` changes. All three may be a single tensor. PyTorch:
 *   `torch.autograd.grad`.
 *
 * @example grad((x) => x.square().sum())(tensor([1, 2])) // [2, 4]
 * @example const [dx] = grad(loss, [x]);
 */
export function grad<
  A extends readonly unknown[] = Tensor[],
  X = unknown,
  const N extends Argnums = 0,
>(
  f: (...args: A) => readonly [loss: Tensor, aux: X],
  argnums: N | undefined,
  options: GradFunctionOptions & { readonly hasAux: true },
): (...args: A) => [gradients: Gradient<A, N>, aux: X];
export function grad<A extends readonly unknown[] = Tensor[], const N extends Argnums = 0>(
  f: (...args: A) => unknown,
  argnums?: N,
  options?: GradFunctionOptions,
): (...args: A) => Gradient<A, N>;
export function grad<const I extends Tensor | readonly Tensor[]>(
  outputs: Tensor | readonly Tensor[],
  inputs: I,
  options?: GradOptions & { readonly allowUnused?: false },
): InputGradients<I>;
export function grad<const I extends Tensor | readonly Tensor[]>(
  outputs: Tensor | readonly Tensor[],
  inputs: I,
  options: GradOptions,
): InputGradients<I, null>;
export function grad(first: unknown, second?: unknown, options?: object): unknown {
  if (typeof first === 'function') {
    return isOptions(second) && !('argnums' in second)
      ? gradFunction(first as () => unknown, 0, second)
      : gradFunction(first as () => unknown, second as Argnums | undefined, options);
  }
  checkArgument('grad', 'f, or the outputs,', first, functionOrTensors);
  return gradOf(first as Tensor, second as Tensor, options);
}

const functionOrTensors = kinds.either(kinds.callable, kinds.oneOrMore(kinds.tensor));

function isOptions(x: unknown): x is GradFunctionOptions {
  return passes(kinds.object, x);
}
