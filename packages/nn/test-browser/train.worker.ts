/** @file Trains a small network for a page. */
import { manualSeed, randn, tensor } from '@chainrule/autograd';
import { encodeSafetensors } from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import { fit, serveTraining } from '@chainrule/nn/train';
import { SGD } from '@chainrule/optim';

serveTraining(async ({ epochs }: { epochs: number }, { signal, tell }) => {
  if (epochs < 0) throw new Error(`epochs must be 0 or more, got ${epochs}`);
  manualSeed(1);
  const model = new nn.Linear(2, 1);
  const x = randn([32, 2]);
  const y = x.matmul(tensor([[1], [2]]));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const data = [[x, y]] as const;
  const history = await fit(model, {
    data,
    optimizer,
    loss: nn.functional.mseLoss,
    epochs,
    signal,
    callbacks: [tell],
  });
  return { weights: encodeSafetensors(model.stateDict()), ending: history.ending };
});
