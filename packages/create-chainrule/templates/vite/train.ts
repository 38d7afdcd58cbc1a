/** Trains the model to tell the inside of a circle from the outside. */
import { compile, rand, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { Net } from './net.js';

export interface Progress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

const STEPS = 500;

/** Yields the loss now and then; the caller may stop at any time. */
export function* train(model: Net): Generator<Progress> {
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const criterion = new nn.BCEWithLogitsLoss();
  const step = compile((x: Tensor) => {
    const inside = x.square().sum(1, { keepdim: true }).lt(0.5).cast('float32');
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(x), inside);
    loss.backward();
    optimizer.step();
    return loss;
  });
  for (let i = 1; i <= STEPS; i++) {
    const loss = step(rand([128, 2]).mul(2).sub(1));
    if (i % 50 === 0) yield { step: i, steps: STEPS, loss: loss.item() };
  }
}
