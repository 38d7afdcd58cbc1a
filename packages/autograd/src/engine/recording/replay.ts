/** @file Replays a recording: runs its plan on the current arguments, and makes the changes that the function makes. */
import { pendingCells, type Cell } from '../../graph/cells/cell.js';
import { generator } from '../../graph/generatorState.js';
import { runtime } from '../../graph/runtime.js';
import { onHost, type Storage } from '../../graph/values/storage.js';
import { extraOf } from '../../graph/cells/gradient.js';
import { storageOf } from '../../graph/values/reading.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { engine } from '../engine.js';
import { evaluate, explain } from '../evaluate.js';
import { spareArray } from '../commitValues.js';
import { lastRun } from '../lastRun.js';
import { borrowMemory, lend, revokeLoan } from '../loans.js';
import type { Recording, Source } from './recording.js';
import { retrace } from './retrace.js';

/** Makes new tensors of some roots of a recording, from arrays that belong to them alone. */
export interface Link {
  readonly roots: readonly number[];
  connect(values: readonly Storage[]): readonly Tensor[];
}

/**
 * Runs a recording once, without building a graph, and returns what the function returned. The tensors of the result are
 * detached, except those that `link` makes.
 */
export function replay(
  recording: Recording,
  leaves: readonly unknown[],
  link: Link | null = null,
): unknown {
  const { plan, sources, inputs, cells, backend } = recording;
  if (pendingCells.size > 0) evaluate();
  const executable =
    engine.meter === null ? plan.compile(backend) : plan.metered(backend, engine.meter);
  for (let i = 0; i < sources.length; i++)
    inputs[i] = inputOf(sources[i] as Source, inputs[i] as Storage, leaves);
  const outputs = new Array<Storage | null>(recording.roots.length);
  for (let k = 0; k < cells.length; k++) {
    const cell = cells[k] as Cell;
    outputs[k] = spareArray(cell, backend) ?? backend.allocate(cell.dtype, cell.size);
  }
  for (let k = cells.length; k < outputs.length; k++) {
    const own = link?.roots.includes(k) === true;
    outputs[k] = own ? null : borrowMemory(recording.roots[k] as Tensor, backend, leaves);
  }
  runtime.runs++;
  engine.onRun?.(plan.program(), 'compile');
  let values: Storage[];
  try {
    values = executable.run(inputs, outputs, (at) => recording.nodes[at]?.scope ?? '');
  } catch (error) {
    cells.forEach((cell, k) => cell.recycle(outputs[k] ?? null));
    for (const array of outputs.slice(cells.length)) if (array !== null) revokeLoan(array, backend);
    throw explain(error, recording.nodes[executable.at], 'compile');
  }
  for (let k = 0; k < cells.length; k++)
    (cells[k] as Cell).advance(values[k] as Storage, outputs[k] !== null);
  for (const { index, requiresGrad } of recording.marked)
    (leaves[index] as Tensor).requiresGrad_(requiresGrad);
  const made: Tensor[] = [];
  const own = link?.connect(link.roots.map((k) => values[k] as Storage)) ?? [];
  own.forEach((node, i) => (made[link?.roots[i] as number] = node));
  const root = (k: number): Tensor => (made[k] ??= resultOf(recording, k, values, outputs, leaves));
  assignGradients(recording, leaves, root);
  generator.offset += recording.draws;
  // A step without gradients has no backward pass to look into.
  if (lastRun.enabled && recording.gradients.length > 0)
    lastRun.run = { program: plan.program(), inputs: inputs.slice(), nodes: recording.nodes };
  const result = recording.structure.rebuild(
    recording.results.map((part) => {
      if (part.kind === 'argument') return leaves[part.index];
      return part.kind === 'constant' ? part.tensor : root(part.root);
    }),
  );
  for (const f of recording.after) f();
  return result;
}

function assignGradients(
  { gradients }: Recording,
  leaves: readonly unknown[],
  root: (k: number) => Tensor,
): void {
  for (const gradient of gradients) {
    const leaf = gradient.kind === 'leaf' ? gradient.leaf : (leaves[gradient.index] as Tensor);
    const given = gradient.kind === 'leaf' ? gradient.cell : gradient.root;
    if (given === null) leaf.extra?.grad?.clear();
    else if (typeof given !== 'number') {
      const extra = leaf.extra ?? extraOf(leaf);
      if (extra.grad !== given) extra.grad = given;
    } else if (leaf.isLeaf) runtime.assignGrad(leaf, root(given));
    else runtime.backward(leaf, root(given), undefined);
  }
}

function resultOf(
  recording: Recording,
  output: number,
  values: readonly Storage[],
  given: readonly (Storage | null)[],
  leaves: readonly unknown[],
): Tensor {
  const { sizes: shape, dtype } = recording.roots[output] as Tensor;
  const value = values[output] as Storage;
  // The array of a cell's version is overwritten at the next call but one.
  if (output < recording.cells.length) return makeLeaf(value.slice(), shape, dtype);
  if ((given[output] ?? null) === null) return makeLeaf(value, shape, dtype);
  const node = retrace(recording, output, leaves) ?? makeLeaf(value, shape, dtype);
  lend(node, value, recording.backend);
  return node;
}

/** The value of an input at this call; numbers are written into an array of their own. */
function inputOf(source: Source, array: Storage, leaves: readonly unknown[]): Storage {
  switch (source.kind) {
    case 'argument': {
      const leaf = leaves[source.index];
      // A tensor in the backend's memory is read where it is.
      if (typeof leaf === 'number') {
        onHost(array, 'compile')[0] = leaf;
        return array;
      }
      return (leaf as Tensor).current.value ?? storageOf(leaf as Tensor, 'compile');
    }
    case 'gradient': {
      const gradient = (leaves[source.index] as Tensor).extra?.grad?.live as Tensor;
      return storageOf(gradient, 'compile');
    }
    case 'cell':
      return source.cell.storage('compile');
    case 'seed':
      onHost(array, 'compile')[0] = generator.seed;
      return array;
    case 'offset':
      onHost(array, 'compile')[0] = generator.offset + source.relative;
      return array;
    case 'constant':
      return array;
  }
}
