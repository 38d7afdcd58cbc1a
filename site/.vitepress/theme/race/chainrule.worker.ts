/** @file The race in Chainrule. */
import { compile, tensor, type Tensor } from '@chainrule/autograd';
import { functional, Linear, ReLU, Sequential } from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { BATCH, batchOf, RATE, serve, SIZES } from './task';

serve(async (task) => {
  const layers = task.weights.map((w, l) => {
    const layer = new Linear(SIZES[l] as number, SIZES[l + 1] as number);
    layer.weight.assign(tensor(w, { shape: layer.weight.shape }));
    layer.bias?.assign(layer.bias.mul(0));
    return layer;
  });
  const model = new Sequential(
    ...layers.flatMap((layer, l) => (l === 0 ? [layer] : [new ReLU(), layer])),
  );
  const optimizer = new Adam(model.parameters(), { lr: RATE });
  const train = compile((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = functional.crossEntropy(model.forward(x) as Tensor, y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  return {
    step(i) {
      const [x, y] = batchOf(task, i);
      const loss = train(tensor(x, { shape: [BATCH, 784] }), tensor(y));
      return () => loss.item();
    },
  };
});
