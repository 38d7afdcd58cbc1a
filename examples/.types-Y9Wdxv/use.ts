import * as entry0 from '@chainrule/autograd';
import * as entry1 from '@chainrule/autograd/graph';
import * as entry2 from '@chainrule/autograd/functions';
import * as entry3 from '@chainrule/autograd/wasm';
import * as entry4 from '@chainrule/autograd/methods';
import * as entry5 from '@chainrule/autograd/io';
import * as entry6 from '@chainrule/autograd/testing';
import * as entry7 from '@chainrule/distributed';
import * as entry8 from '@chainrule/distributed/launch';
import * as entry9 from '@chainrule/export';
import * as entry10 from '@chainrule/nn';
import * as entry11 from '@chainrule/nn/metrics';
import * as entry12 from '@chainrule/nn/train';
import * as entry13 from '@chainrule/nn/data';
import * as entry14 from '@chainrule/nn/distributions';
import * as entry15 from '@chainrule/optim';
import * as entry16 from '@chainrule/optim/solve';
import { grad, tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';

export const all = [entry0, entry1, entry2, entry3, entry4, entry5, entry6, entry7, entry8, entry9, entry10, entry11, entry12, entry13, entry14, entry15, entry16];
const slope: number[] = grad((x) => x.square().sum())(tensor([1, 2])).toArray() as number[];
const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
for (let step = 0; step < 100; step++) {
  const loss = nn.functional.mseLoss(model.forward(tensor([[1, 2]])), tensor([[3]]));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
}
export { slope };
