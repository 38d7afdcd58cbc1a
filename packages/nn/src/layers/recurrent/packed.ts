/** @file A recurrent layer over packed sequences: all run side by side, and each keeps its state outside of its own steps. */
import { indexSelect, tensor, type Tensor } from '@chainrule/autograd';
import { layerPass } from './layerPass.js';
import type { Step, StepWeights } from './recurrentCells.js';

/**
 * One pass over the input's contribution `[steps of all sequences, gates]`, in packed order. A sequence keeps its state after
 * its last step; in reverse direction it keeps its first state until then.
 */
export function packedPass<S extends readonly Tensor[]>(
  inputs: Tensor,
  batchSizes: readonly number[],
  start: S,
  step: Step<S>,
  weights: StepWeights,
  reverse: boolean,
): { output: Tensor; end: S } {
  const [time, batch = 0] = [batchSizes.length, batchSizes[0]];
  const gates = inputs.shape[1] as number;
  if (batchSizes[time - 1] === batch) {
    const { output, end } = layerPass(inputs.reshape([time, batch, gates]), start, step, weights, {
      reverse,
    });
    return { output: output.reshape([time * batch, output.shape[2] as number]), end };
  }
  // For each position of `[time, batch]` its row in packed order (any row if it has none), and the positions that have one.
  const rows: number[] = [];
  const packedRows: number[] = [];
  let next = 0;
  batchSizes.forEach((n, t) => {
    for (let b = 0; b < batch; b++) {
      rows.push(b < n ? next + b : b);
      if (b < n) packedRows.push(t * batch + b);
    }
    next += n;
  });
  const active = tensor(
    batchSizes.flatMap((n) => Array.from({ length: batch }, (_, b) => b < n)),
    { shape: [time, batch, 1] },
  );
  const padded = indexSelect(inputs, 0, rows).reshape([time, batch, gates]);
  const { output, end } = layerPass(padded, start, step, weights, { reverse, active });
  const flat = output.reshape([time * batch, output.shape[2] as number]);
  return { output: indexSelect(flat, 0, packedRows), end };
}
