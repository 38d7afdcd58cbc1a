/** @file A small training that tests of `fit` share. */
import { manualSeed, randn, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { fit, type FitEvent, type FitOptions } from '@chainrule/nn/train';
import { Adam } from '@chainrule/optim';

export type Batch = [Tensor, Tensor];
/** A small network with dropout, so that the random stream counts, and data that it can learn. */
export function setUp(options: { batchSize?: number } = {}) {
  manualSeed(3);
  const x = randn([22, 4]);
  const labels = tensor(
    Array.from({ length: 22 }, (_, i) => i % 3),
    { dtype: 'int32' },
  );
  const model = new nn.Sequential(
    new nn.Linear(4, 16),
    new nn.Tanh(),
    new nn.Dropout(0.2),
    new nn.Linear(16, 3),
  );
  const data = new DataLoader(new TensorDataset(x, labels), {
    batchSize: options.batchSize ?? 5,
    shuffle: true,
    seed: 1,
  });
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  return { model, given: { data, optimizer, loss: nn.functional.crossEntropy } };
}
export type SetUp = ReturnType<typeof setUp>;

export const weightsOf = ({ model }: Pick<SetUp, 'model'>): number[] =>
  Object.values(model.stateDict()).flatMap((t) => Array.from(t.dataSync()));

export async function eventsOf(model: nn.Module, options: FitOptions<Batch>): Promise<FitEvent[]> {
  const events: FitEvent[] = [];
  for await (const event of fit(model, options)) events.push(event);
  return events;
}
