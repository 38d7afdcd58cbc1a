/** @file Rebuilds the graph of a recorded function over other arguments. */
import { noGrad } from '../../graph/mode.js';
import type { Storage } from '../../graph/values/storage.js';
import { makeNode } from '../../graph/node.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { isTensor } from '../../tree.js';
import { engine } from '../engine.js';
import { MAX_RECOMPUTED_NODES } from '../loans.js';
import type { Program } from '../program.js';
import type { Recording } from './recording.js';

/**
 * A result of a recording as a node of the graph behind it, so that it can be recomputed like any other; null if it also
 * depends on what may have changed since, or the graph is large.
 */
export function retrace(
  { pure, plan, sources, inputs }: Recording,
  output: number,
  leaves: readonly unknown[],
): Tensor | null {
  const program: Program = plan.program();
  if (!pure || program.instructions.length > MAX_RECOMPUTED_NODES) return null;
  const nodes = new Array<Tensor>(program.instructions.length);
  program.inputs.forEach((slot, k) => {
    const source = sources[k];
    const leaf = source?.kind === 'argument' ? leaves[source.index] : null;
    const { shape, dtype } = program.instructions[slot] as (typeof program.instructions)[number];
    const value = inputs[k] as Storage;
    // The array of a number is overwritten at the next call.
    const own = typeof leaf === 'number' ? value.slice() : value;
    nodes[slot] = isTensor(leaf) ? leaf.current : makeLeaf(own, shape, dtype);
  });
  engine.building++;
  try {
    noGrad(() => {
      program.instructions.forEach(({ op, attrs, inputs: from, shape, dtype }, i) => {
        if (op === null) return;
        const given = from.map((x) => nodes[x] as Tensor);
        nodes[i] = makeNode(op, given, attrs, shape, dtype);
      });
    });
  } finally {
    engine.building--;
  }
  return nodes[program.outputs[output] as number] as Tensor;
}
