/** @file Each layer and loss of `@chainrule/nn` with its gradients: a training step must give the same results in XLA. */
import { arange, vjp, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import type { ExportCase } from '../onnx/cases/exportCase.js';
import { layers } from '../onnx/cases/layers.js';
import { losses } from '../onnx/cases/losses.js';
import { whole } from '../onnx/cases/whole.js';

const isFloat = ({ dtype }: Tensor): boolean => dtype === 'float32' || dtype === 'float64';

function tensorsIn(y: unknown): Tensor[] {
  if (y !== null && typeof y === 'object' && 'dtype' in y) return [y as Tensor];
  return y === null || typeof y !== 'object' ? [] : Object.values(y).flatMap(tensorsIn);
}

/** The results of a case, then the gradients of its arguments and parameters; `z` is 0. */
function valuesOf({ f, args }: ExportCase, z: Tensor): Tensor[] {
  const all = args(3).map((x) => (isFloat(x) ? x.add(z.sum()) : x));
  const parameters = f instanceof nn.Module ? Object.fromEntries(f.namedParameters()) : {};
  let others: Tensor[] = [];
  const floats = (xs: Tensor[], weights: Record<string, Tensor>): Tensor[] => {
    const rest = [...xs];
    const given = all.map((x) => (isFloat(x) ? (rest.shift() as Tensor) : x));
    const y =
      f instanceof nn.Module ? nn.functionalCall(f, weights, ...(given as never[])) : f(...given);
    const results = tensorsIn(y);
    others = results.filter((x) => !isFloat(x));
    return results.filter(isFloat);
  };
  const [results, pullback] = vjp(floats, all.filter(isFloat), parameters);
  // Weights that differ, so that no gradient is 0 because a softmax adds up to 1.
  const weights = results.map((y) => arange(y.size).cast(y.dtype).sin().reshape(y.shape));
  return [...results, ...others, ...tensorsIn(pullback(weights))];
}

/** What each layer gives, by its name and the place of the value. */
export const layerCases: Readonly<Record<string, (z: Tensor) => Tensor[]>> = Object.fromEntries(
  [...layers, ...losses, ...whole].map((made) => {
    if (made.f instanceof nn.Module) made.f.eval();
    return [made.name, (z: Tensor) => valuesOf(made, z)];
  }),
);
