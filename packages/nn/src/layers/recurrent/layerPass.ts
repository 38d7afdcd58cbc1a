/** @file One layer of a recurrent network over a sequence, as one loop of the graph. */
import { scan, stack, where, type Tensor } from '@chainrule/autograd';
import type { Step, StepWeights } from './recurrentCells.js';

interface PassOptions {
  readonly reverse: boolean;
  /** `[time, batch, 1]`: where there is a step; elsewhere states stay as they are. */
  readonly active?: Tensor;
}

/**
 * Runs the steps over the input's contribution `[time, batch, gates]`; returns the outputs of all steps, and the last state.
 */
export function layerPass<S extends readonly Tensor[]>(
  inputs: Tensor,
  start: S,
  step: Step<S>,
  weights: StepWeights,
  { reverse, active }: PassOptions,
): { output: Tensor; end: S } {
  const first = start.map((part) => part.cast(inputs.dtype)) as readonly Tensor[] as S;
  const one = (before: S, x: Tensor, goesOn: Tensor | null): S => {
    const next = step.next(x, before, weights);
    if (goesOn === null) return next;
    return next.map((part, k) =>
      where(goesOn, part, before[k] as Tensor),
    ) as readonly Tensor[] as S;
  };
  // On WebGPU each step is recorded as nodes of its own, not as one loop.
  if (inputs.device === 'webgpu') {
    let state = first;
    const outputs = new Array<Tensor>(inputs.shape[0] as number);
    for (let k = 0; k < outputs.length; k++) {
      const t = reverse ? outputs.length - 1 - k : k;
      state = one(state, inputs.select(0, t), active === undefined ? null : active.select(0, t));
      outputs[t] = state[0] as Tensor;
    }
    return { output: stack(outputs), end: state };
  }
  const [end, output] = scan(
    (state, { x, active: goesOn }) => {
      const now = one(state as readonly Tensor[] as S, x, goesOn);
      return [now as never, now[0] as Tensor];
    },
    first,
    { x: inputs, active: active ?? null },
    { reverse },
  );
  return { output, end: end as readonly Tensor[] as S };
}
