/** @file Networks whose losses on WebGPU are compared with those of the CPU. */
import { compile, manualSeed, setDevice, tensor, type Tensor } from '@chainrule/autograd';
import { SGD } from '@chainrule/optim';
import * as nn from '../../src/index.js';

const BATCH = 8;

class Encoder extends nn.Module {
  embedding = new nn.Embedding(32, 16);
  layer = new nn.TransformerEncoderLayer(16, 2, {
    dimFeedforward: 32,
    dropout: 0.1,
    batchFirst: true,
  });
  out = new nn.Linear(16, 10);
  forward(x: Tensor): Tensor {
    return this.out.forward(this.layer.forward(this.embedding.forward(x)).mean(1));
  }
}

class Recurrent extends nn.Module {
  lstm = new nn.LSTM(6, 12, { batchFirst: true });
  out = new nn.Linear(12, 10);
  forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(x);
    return this.out.forward(y.select(1, -1));
  }
}

/** A network, and the shape of what it is given. */
export const NETWORKS = {
  mlp: {
    make: () =>
      new nn.Sequential(
        new nn.Linear(40, 24),
        new nn.LayerNorm([24]),
        new nn.GELU(),
        new nn.Dropout(0.1),
        new nn.Linear(24, 10),
      ),
    shape: [BATCH, 40],
  },
  cnn: {
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(1, 4, 3, { padding: 1 }),
        new nn.BatchNorm2d(4),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(4, 6, 3, { padding: 1, stride: 2 }),
        new nn.GELU(),
        new nn.AvgPool2d(2),
        new nn.Flatten(),
        new nn.Linear(6 * 4, 10),
      ),
    shape: [BATCH, 1, 16, 16],
  },
  lstm: { make: () => new Recurrent(), shape: [BATCH, 5, 6] },
  transformer: { make: () => new Encoder(), shape: [BATCH, 7] },
} as const;

/** The losses of so many steps of gradient descent with momentum, on the device that is chosen. */
async function losses(
  name: keyof typeof NETWORKS,
  steps: number,
  compiled: boolean,
): Promise<number[]> {
  manualSeed(7);
  const { make, shape } = NETWORKS[name];
  const model = make();
  const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  const loss = new nn.CrossEntropyLoss();
  const size = shape.reduce<number>((n, k) => n * k, 1);
  const wave = (i: number): number => Math.sin(i * 12.9898) * 43758.5453;
  const fraction = (i: number): number => wave(i) - Math.floor(wave(i));
  const x =
    name === 'transformer'
      ? tensor(
          Int32Array.from({ length: size }, (_, i) => Math.floor(32 * fraction(i))),
          { shape },
        )
      : tensor(
          Float32Array.from({ length: size }, (_, i) => fraction(i) - 0.5),
          { shape },
        );
  const y = tensor(Int32Array.from({ length: BATCH }, (_, i) => i % 10));
  const step = (x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad();
    const value = loss.forward(model.forward(x), y);
    value.backward();
    optimizer.step();
    return value;
  };
  const run = compiled ? compile(step) : step;
  const values: number[] = [];
  for (let i = 0; i < steps; i++) values.push(await run(x, y).itemAsync());
  return values;
}

/** By how much the losses on WebGPU differ from those of the CPU at most. */
export async function difference(
  name: keyof typeof NETWORKS,
  steps: number,
  compiled: boolean,
): Promise<number> {
  await setDevice('cpu');
  const host = await losses(name, steps, compiled);
  await setDevice('webgpu');
  const gpu = await losses(name, steps, compiled);
  await setDevice('cpu');
  return Math.max(...gpu.map((x, i) => Math.abs(x - (host[i] as number))));
}
