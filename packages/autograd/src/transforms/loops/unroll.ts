/** @file A loop step by step in the graph: for what runs a plan and knows no loops. */
import { mode } from '../../graph/mode.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../../ops/build/broadcast.js';
import { concatNode, narrowNode } from '../../ops/shape/movement.js';
import { rewrite } from '../rewrite.js';
import type { Body, Steps } from './body.js';

/** The most nodes that a loop may become. */
const MOST = 20_000;

/** Whether a loop is to be written out: it must be short, and draw nothing. */
export function unrolls(body: Body, { length }: Steps): boolean {
  return mode.unroll && body.draws === 0 && length > 0 && length * body.nodes.length <= MOST;
}

/** The results of a loop whose inputs are carries, sequences and constants. */
export function unrolled(body: Body, steps: Steps, inputs: readonly Tensor[]): Tensor[] {
  const [n, m] = [body.carries.length, body.xs.length];
  const variables = [...body.carries, ...body.xs, ...body.constants];
  const outputs = [...body.outputs, ...body.added];
  const each = outputs.slice(n).map((): Tensor[] => []);
  let carries = inputs.slice(0, n);
  for (let i = 0; i < steps.length; i++) {
    const t = steps.reverse ? steps.length - 1 - i : i;
    const slices = inputs
      .slice(n, n + m)
      .map((x) => reshapeNode(narrowNode(x, 0, t, 1), x.sizes.slice(1)));
    const replacements = [...carries, ...slices, ...inputs.slice(n + m)].map((node) => ({
      node,
      batched: false,
    }));
    const made = rewrite(outputs, variables, replacements, 1, { since: body.since });
    carries = made.slice(0, n).map(({ node }) => node);
    made.slice(n).forEach(({ node }, k) => {
      (each[k] as Tensor[])[t] = reshapeNode(node, [1, ...node.sizes]);
    });
  }
  return [...carries, ...each.map((rows) => concatNode(rows, 0))];
}
