/** @file The networks of the benchmark with their data: they are timed, and exported to XLA and compared there. */
import { Parameter, rand, randint, randn, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';

/** A network, a loss, and a batch. */
export interface Training {
  readonly model: { forward(x: Tensor): Tensor; parameters(): Parameter[] } & nn.Module;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly criterion: { forward(x: Tensor, y: Tensor): Tensor };
}

export function mlp(sizes: readonly number[], activation: () => nn.Module): nn.Sequential {
  const layers: nn.Module[] = [];
  for (let i = 0; i + 1 < sizes.length; i++) {
    layers.push(new nn.Linear(sizes[i] as number, sizes[i + 1] as number));
    if (i + 2 < sizes.length) layers.push(activation());
  }
  return new nn.Sequential(...layers);
}

class Recurrent extends nn.Module {
  rnn = new nn.LSTM(32, 64, { batchFirst: true });
  head = new nn.Linear(64, 10);
  forward(x: Tensor): Tensor {
    const [out] = this.rnn.forward(x);
    return this.head.forward(out.select(1, -1));
  }
}

/** Pre-norm transformer, 2 layers, width 128, 4 heads, context 64, 256 tokens. */
class CausalLM extends nn.Module {
  tok = new nn.Embedding(256, 128);
  pos = new Parameter(randn([64, 128]).mul(0.02));
  body = new nn.TransformerEncoder(
    new nn.TransformerEncoderLayer(128, 4, {
      dimFeedforward: 512,
      dropout: 0,
      activation: 'gelu',
      batchFirst: true,
      normFirst: true,
    }),
    2,
  );
  head = new nn.Linear(128, 256);
  private readonly mask = nn.Transformer.generateSquareSubsequentMask(64);
  forward(x: Tensor): Tensor {
    const h = this.body.forward(this.tok.forward(x).add(this.pos), {
      mask: this.mask,
      isCausal: true,
    });
    return this.head.forward(h).flatten(0, 1);
  }
}

function convolutional(): nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(16, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(32 * 49, 10),
  );
}

const classes = (model: Training['model'], x: Tensor, y: Tensor): Training => ({
  model,
  x,
  y,
  criterion: new nn.CrossEntropyLoss(),
});

/** Each function creates the weights, then the data. */
export const networks = {
  'mlp-tiny': (): Training => ({
    model: mlp([2, 16, 1], () => new nn.Tanh()),
    x: randn([4, 2]),
    y: rand([4, 1]),
    criterion: new nn.MSELoss(),
  }),
  'mlp-small': (): Training =>
    classes(
      mlp([784, 256, 128, 10], () => new nn.ReLU()),
      randn([64, 784]),
      randint(0, 10, [64]),
    ),
  'mlp-large': (): Training =>
    classes(
      mlp([784, 1024, 1024, 10], () => new nn.ReLU()),
      randn([256, 784]),
      randint(0, 10, [256]),
    ),
  cnn: (): Training => classes(convolutional(), randn([64, 1, 28, 28]), randint(0, 10, [64])),
  lstm: (): Training => classes(new Recurrent(), randn([32, 50, 32]), randint(0, 10, [32])),
  transformer: (): Training =>
    classes(new CausalLM(), randint(0, 256, [16, 64]), randint(0, 256, [16 * 64])),
};
