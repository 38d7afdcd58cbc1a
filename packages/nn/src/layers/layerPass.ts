/** @file One layer of a recurrent network over a sequence, as one loop of the graph. */
import { scan, where, type Tensor } from '@chainrule/autograd';
import type { Step, StepWeights } from './recurrentCells.js';

interface PassOptions {
  readonly reverse: boolean;
  /** `[time, batch, 1]`: where there is a step; elsewhere states stay as they are. */
  readonly active?: Tensor;
}

/** The steps over what the input contributes, `[time, batch, gates]`: the outputs of all, and the last state. */
export function layerPass<S extends readonly Tensor[]>(
  inputs: Tensor,
  start: S,
  step: Step<S>,
  weights: StepWeights,
  { reverse, active }: PassOptions,
): { output: Tensor; end: S } {
  const first = start.map((part) => part.cast(inputs.dtype)) as readonly Tensor[] as S;
  const [end, output] = scan(
    (state, { x, active: goesOn }) => {
      const before = state as readonly Tensor[] as S;
      const next = step.next(x, before, weights);
      const now =
        goesOn === null ? next : next.map((part, k) => where(goesOn, part, before[k] as Tensor));
      return [now as never, now[0] as Tensor];
    },
    first,
    { x: inputs, active: active ?? null },
    { reverse },
  );
  return { output: output, end: end as readonly Tensor[] as S };
}
