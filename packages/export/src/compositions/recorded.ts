/** @file Operations that a format lacks, as graphs of operations that it has. */
import { noGrad, zeros, type Tensor } from '@chainrule/autograd';
import { recordGraph, type OperationNode, type RecordedGraph } from '@chainrule/autograd/graph';
import { besselFunctions } from './besselFunctions.js';
import type { Composition, Compositions } from './composition.js';
import { divisors } from './divisors.js';
import { factorizations } from './factorizations.js';
import { gammaFunctions } from './gammaFunctions.js';
import { incompleteGamma } from './incompleteGamma.js';
import { normalDistribution } from './normalDistribution.js';

export const compositions: Compositions = {
  ...factorizations,
  ...gammaFunctions,
  ...normalDistribution,
  ...besselFunctions,
  ...incompleteGamma,
  ...divisors,
};

/** The names of the operations that are composed of others. */
export const composed: readonly string[] = Object.keys(compositions);

/**
 * Records how a node is computed from its inputs (the arguments of the graph) by other operations; null if that is not known.
 */
export function composition(node: OperationNode): RecordedGraph | null {
  const f = compositions[node.op] as Composition<typeof node.op> | undefined;
  if (f === undefined) return null;
  const run = (...xs: Tensor[]): Tensor => f(xs, node.attributes);
  const args = node.inputs.map(({ shape, dtype }) => zeros([...shape], { dtype }));
  return noGrad(() => recordGraph(run, args, { lines: false }));
}
