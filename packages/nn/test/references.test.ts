/**
 * @file Five networks start from PyTorch's state dictionaries and follow its training for 200 steps: each loss within
 * 1e-4, relative. The fixtures' script is fixtures/references.py.
 */
import { readFileSync } from 'node:fs';
import type { Tensor } from '@chainrule/autograd';
import { Adam, SGD } from '@chainrule/optim';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index.js';
import { unpack, unpackAll, worst, type Packed } from './packed.js';

interface Reference {
  readonly state: Record<string, Packed>;
  readonly inputs: Packed[];
  readonly target: Packed;
  readonly losses: number[];
  readonly after: Record<string, Packed>;
}

const references = JSON.parse(
  readFileSync(new URL('fixtures/references.json', import.meta.url), 'utf8'),
) as Record<string, Reference>;

class Mlp extends nn.Module {
  hidden = [new nn.Linear(8, 16), new nn.Linear(16, 16)];
  out = new nn.Linear(16, 3);

  override forward(x: Tensor): Tensor {
    let y = x;
    for (const layer of this.hidden) y = layer.forward(y).relu();
    return this.out.forward(y);
  }
}

class Cnn extends nn.Module {
  features = new nn.Sequential(
    // A bias before batch norm has gradient 0, up to rounding, which Adam would blow up.
    new nn.Conv2d(1, 4, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(4, 8, 3, { bias: false }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
  );
  head = new nn.Linear(8, 4);

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}

class Tagger extends nn.Module {
  lstm = new nn.LSTM(4, 8, { bidirectional: true, batchFirst: true });
  out = new nn.Linear(16, 2);

  override forward(x: Tensor): Tensor {
    return this.out.forward(this.lstm.forward(x)[0].mean(1));
  }
}

class Translator extends nn.Module {
  source = new nn.Embedding(11, 16);
  target = new nn.Embedding(11, 16);
  transformer = new nn.Transformer({
    dModel: 16,
    nhead: 2,
    numEncoderLayers: 1,
    numDecoderLayers: 1,
    dimFeedforward: 32,
    dropout: 0,
    batchFirst: true,
  });
  out = new nn.Linear(16, 11);

  override forward(source: Tensor, target: Tensor): Tensor {
    const tgtMask = nn.Transformer.generateSquareSubsequentMask(target.shape[1] as number);
    const y = this.transformer.forward(this.source.forward(source), this.target.forward(target), {
      tgtMask,
    });
    return this.out.forward(y).transpose(1, 2);
  }
}

class Autoencoder extends nn.Module {
  encoder = new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { stride: 2, padding: 1 }),
    new nn.Tanh(),
    new nn.Conv2d(4, 6, 3, { stride: 2, padding: 1 }),
    new nn.Tanh(),
  );
  decoder = new nn.Sequential(
    new nn.ConvTranspose2d(6, 4, 3, { stride: 2, padding: 1, outputPadding: 1 }),
    new nn.Tanh(),
    new nn.ConvTranspose2d(4, 1, 3, { stride: 2, padding: 1, outputPadding: 1 }),
  );

  override forward(x: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(x));
  }
}

type Network = nn.Module & { forward(...xs: Tensor[]): Tensor };
type Loss = { forward(y: Tensor, target: Tensor): Tensor };

/** The losses of 200 steps, and the largest difference of the state afterwards. */
function train(
  name: string,
  model: Network,
  loss: Loss,
  optimizer: (ps: nn.Parameter[]) => { step(): unknown; zeroGrad(): void },
): { losses: number[]; reference: Reference } {
  const reference = references[name] as Reference;
  model.loadStateDict(unpackAll(reference.state));
  const inputs = reference.inputs.map(unpack);
  const target = unpack(reference.target);
  const opt = optimizer(model.parameters());
  const losses: number[] = [];
  for (let i = 0; i < reference.losses.length; i++) {
    opt.zeroGrad();
    const value = loss.forward(model.forward(...inputs), target);
    value.backward();
    opt.step();
    losses.push(value.item());
  }
  return { losses, reference };
}

function relative(got: readonly number[], expected: readonly number[]): number {
  return Math.max(...got.map((g, i) => Math.abs(g / (expected[i] as number) - 1)));
}

describe('reference networks', () => {
  it('MLP with SGD and momentum', () => {
    const { losses, reference } = train(
      'mlp',
      new Mlp(),
      new nn.CrossEntropyLoss(),
      (ps) => new SGD(ps, { lr: 0.05, momentum: 0.9 }),
    );
    expect(relative(losses, reference.losses)).toBeLessThan(1e-4);
  });

  it('CNN with batch norm, whose running statistics follow too', () => {
    const model = new Cnn();
    const { losses, reference } = train(
      'cnn',
      model,
      new nn.CrossEntropyLoss(),
      (ps) => new Adam(ps, { lr: 1e-3 }),
    );
    expect(relative(losses, reference.losses)).toBeLessThan(1e-4);
    const state = model.stateDict();
    expect(Object.keys(state)).toEqual(Object.keys(reference.after));
    for (const [key, packed] of Object.entries(reference.after)) {
      if (!key.includes('running') && !key.includes('tracked')) continue;
      expect(worst((state[key] as Tensor).dataSync(), unpack(packed).dataSync())).toBeLessThan(
        1e-4,
      );
    }
  });

  it('bidirectional LSTM', () => {
    const { losses, reference } = train(
      'lstm',
      new Tagger(),
      new nn.CrossEntropyLoss(),
      (ps) => new Adam(ps, { lr: 3e-3 }),
    );
    expect(relative(losses, reference.losses)).toBeLessThan(1e-4);
  });

  it('transformer with encoder and decoder', () => {
    const loss = new nn.CrossEntropyLoss({ labelSmoothing: 0.1 });
    const { losses, reference } = train(
      'transformer',
      new Translator(),
      loss,
      (ps) => new Adam(ps, { lr: 1e-3 }),
    );
    expect(relative(losses, reference.losses)).toBeLessThan(1e-4);
  });

  it('autoencoder with transposed convolutions', () => {
    const { losses, reference } = train(
      'autoencoder',
      new Autoencoder(),
      new nn.MSELoss(),
      (ps) => new Adam(ps, { lr: 3e-3 }),
    );
    expect(relative(losses, reference.losses)).toBeLessThan(1e-4);
  });
});
