/**
 * @file Workloads whose shapes change at every step: in a first pass every size is new, later every size is known.
 *
 * Each step takes a size; the figure is the mean over a pass through the same sizes.
 */
import { cat, noGrad, randint, randn, tensor, zerosLike, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { numbers, training } from './dynamicStep.js';
import { growingWorkloads } from './growing.js';

export interface DynamicWorkload {
  readonly name: string;
  /** Sets up the workload, and returns a step that takes a size. */
  readonly make: () => (size: number) => unknown;
}

const SIZES = Array.from({ length: 40 }, (_, i) => 11 + i);
const { functional: F } = nn;

/** Mean microseconds per step if all sizes are new, and if all are known. */
export function measureDynamic({ make }: DynamicWorkload): { first: number; seen: number } {
  const step = make();
  step(3);
  step(3);
  const passes = [1, 2, 3].map(() => {
    const start = performance.now();
    for (const size of SIZES) step(size);
    return ((performance.now() - start) / SIZES.length) * 1e3;
  });
  const [first = 0, ...later] = passes.map((us) => Math.round(us * 10) / 10);
  return { first, seen: Math.min(...later) };
}

const linear = (inputs: number, outputs: number): nn.Linear => new nn.Linear(inputs, outputs);

function perceptron() {
  const model = new nn.Sequential(linear(32, 64), new nn.ReLU(), linear(64, 10));
  return training([model], (n) =>
    F.crossEntropy(model.forward(randn([n, 32])), randint(0, 10, [n])),
  );
}

function recurrent() {
  const [rnn, head] = [new nn.LSTM(16, 32, { batchFirst: true }), linear(32, 5)];
  return training([rnn, head], (n) => {
    const [out] = rnn.forward(randn([8, n, 16]));
    return F.crossEntropy(head.forward(out.select(1, -1)), randint(0, 5, [8]));
  });
}

/** Messages along the edges of a random graph. */
function messages() {
  const [first, second, head] = [linear(16, 32), linear(32, 32), linear(32, 3)];
  return training([first, second, head], (n) => {
    const next = numbers(5 + n);
    const count = 3 * n + next(7);
    const ends = (): Tensor =>
      tensor(
        Array.from({ length: count }, () => next(n)),
        { dtype: 'int32' },
      );
    const [from, to] = [ends(), ends()];
    let h: Tensor = randn([n, 16]);
    for (const layer of [first, second]) {
      h = layer.forward(h).relu();
      h = h.add(zerosLike(h).indexAdd(0, to, h.indexSelect(0, from)));
    }
    return F.crossEntropy(head.forward(h), randint(0, 3, [n]));
  });
}

/** Attention token by token, with growing keys and values. */
function generation() {
  const [width, heads] = [64, 4];
  const [q, k, v, o] = [0, 1, 2, 3].map(() => linear(width, width)) as [
    ...[nn.Linear, nn.Linear, nn.Linear, nn.Linear],
  ];
  const [up, down] = [linear(width, 256), linear(256, width)];
  const embedding = new nn.Embedding(64, width);
  const split = (x: Tensor): Tensor => x.reshape([-1, heads, width / heads]).transpose(0, 1);
  return (n: number): number =>
    noGrad(() => {
      const [keys, values]: [Tensor[], Tensor[]] = [[], []];
      let token: Tensor = tensor([1], { dtype: 'int32' });
      for (let i = 0; i < n; i++) {
        let x = embedding.forward(token);
        keys.push(k.forward(x));
        values.push(v.forward(x));
        const [allKeys, allValues] = [split(cat(keys)), split(cat(values))];
        const scores = split(q.forward(x)).matmul(allKeys.transpose(1, 2)).div(4);
        const mixed = scores.softmax(-1).matmul(allValues).transpose(0, 1).reshape([1, width]);
        x = x.add(o.forward(mixed));
        x = x.add(down.forward(up.forward(x).relu()));
        token = x.matmul(embedding.weight.t()).argmax(-1);
      }
      return token.item();
    });
}

function images() {
  const model = new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.Conv2d(8, 8, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.AdaptiveAvgPool2d([1, 1]),
    new nn.Flatten(),
    linear(8, 4),
  );
  return training([model], (n) =>
    F.crossEntropy(model.forward(randn([4, 3, n, n + 3])), randint(0, 4, [4])),
  );
}

function attention() {
  const [layer, head] = [new nn.MultiheadAttention(32, 4, { batchFirst: true }), linear(32, 5)];
  return training([layer, head], (n) => {
    const x = randn([4, n, 32]);
    const [out] = layer.forward(x, x, x, { needWeights: false });
    return F.crossEntropy(head.forward(out.mean(1)), randint(0, 5, [4]));
  });
}

export const dynamicWorkloads: readonly DynamicWorkload[] = [
  { name: 'dyn/mlp-batch', make: perceptron },
  { name: 'dyn/lstm-length', make: recurrent },
  { name: 'dyn/gnn', make: messages },
  { name: 'dyn/generate', make: generation },
  { name: 'dyn/images', make: images },
  { name: 'dyn/attention-length', make: attention },
  ...growingWorkloads,
];
