/** @file A recurrent layer's steps over packed sequences: fewer and fewer rows, and back. */
import { cat, type Tensor } from '@chainrule/autograd';
import type { Step, StepWeights } from './recurrentCells.js';

type State = readonly Tensor[];

/**
 * One pass over what the input contributes, `[steps of all sequences, gates]`, in packed order: at each step only the
 * sequences that have it, which are the first rows. Backwards a sequence joins at its own last step.
 */
export function packedPass<S extends State>(
  inputs: Tensor,
  batchSizes: readonly number[],
  start: S,
  step: Step<S>,
  weights: StepWeights,
  reverse: boolean,
): { output: Tensor; end: S } {
  const offsets = batchSizes.map((_, t) => batchSizes.slice(0, t).reduce((a, b) => a + b, 0));
  const outputs = new Array<Tensor>(batchSizes.length);
  /** States of sequences that have ended, the last of them first. */
  const ended: S[] = [];
  let rows = reverse ? 0 : (batchSizes[0] as number);
  let state = reverse ? null : start;
  for (let i = 0; i < batchSizes.length; i++) {
    const t = reverse ? batchSizes.length - 1 - i : i;
    const n = batchSizes[t] as number;
    if (n < rows) ended.unshift(rowsOf(state as S, n, rows));
    if (n !== rows || state === null)
      state =
        n > rows || state === null
          ? joined([...(state === null ? [] : [state]), rowsOf(start, rows, n)])
          : rowsOf(state, 0, n);
    rows = n;
    const x = inputs.narrow(0, offsets[t] as number, n);
    state = step.next(x, state, weights);
    outputs[t] = state[0] as Tensor;
  }
  return { output: cat(outputs, 0), end: joined([state as S, ...ended]) };
}

function rowsOf<S extends State>(state: S, from: number, to: number): S {
  return state.map((part) => part.narrow(0, from, to - from)) as State as S;
}

function joined<S extends State>(states: readonly S[]): S {
  const [first] = states as readonly [S];
  if (states.length === 1) return first;
  return first.map((_, k) =>
    cat(
      states.map((s) => s[k] as Tensor),
      0,
    ),
  ) as State as S;
}
