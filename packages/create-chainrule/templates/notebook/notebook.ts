// %% [markdown]
// # A first notebook
// Cells begin with `// %%`: editors that know this form run them one by one, and `npm start` runs the whole file.

// %%
import { grad, linspace, manualSeed, randn, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';

// %% [markdown]
// ## A derivative

// %%
const f = (x: Tensor) => x.sin().mul(x);
console.log('f′(1) =', grad(f)(tensor(1)).item());

// %% [markdown]
// ## A line through noisy points

// %%
manualSeed(0);
const x = linspace(-1, 1, 64).reshape([64, 1]);
const y = x
  .mul(2)
  .add(0.5)
  .add(randn([64, 1]).mul(0.1));
const line = new nn.Linear(1, 1);
const optimizer = new Adam(line.parameters(), { lr: 0.05 });
for (let step = 0; step < 300; step++) {
  optimizer.zeroGrad();
  nn.functional.mseLoss(line.forward(x), y).backward();
  optimizer.step();
}
console.log('slope', line.weight.item().toFixed(2), 'offset', line.bias?.item().toFixed(2));
