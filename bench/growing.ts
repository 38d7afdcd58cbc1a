/**
 * @file Workloads that keep a list and read all of it at each step: a step of n items has about n² / 2 inputs of `cat` or
 * `stack`, and as many gradients.
 */
import { cat, ones, stack, tensor, zeros, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { numbers, training } from './dynamicStep.js';
import type { DynamicWorkload } from './dynamic.js';

const linear = (inputs: number, outputs: number): nn.Linear => new nn.Linear(inputs, outputs);
const square = (x: Tensor): Tensor => x.square().mean();

/** A token attends to all tokens before it, and the whole is trained. */
function attention() {
  const layers = [linear(16, 16), linear(16, 16), linear(16, 16), linear(16, 16)] as const;
  const [query, key, value, next] = layers;
  return training(layers, (n) => {
    const [keys, values, losses]: [Tensor[], Tensor[], Tensor[]] = [[], [], []];
    let x: Tensor = ones([1, 16]);
    for (let i = 0; i < n; i++) {
      keys.push(key.forward(x));
      values.push(value.forward(x));
      const scores = query.forward(x).matmul(cat(keys).t());
      x = next.forward(x.add(scores.softmax(-1).matmul(cat(values)))).tanh();
      losses.push(square(x));
    }
    return stack(losses).mean();
  });
}

/** A state is computed from the mean of all states so far. */
function mean() {
  const layers = [linear(16, 16), linear(16, 16)] as const;
  return training(layers, (n) => {
    const states: Tensor[] = [ones([2, 16])];
    let last = states[0] as Tensor;
    for (let i = 0; i < n; i++) {
      last = layers[0].forward(stack(states).mean(0)).tanh().add(layers[1].forward(last));
      states.push(last);
    }
    return square(last);
  });
}

/** Each layer reads the features of all layers before it. */
function dense() {
  const layers = Array.from({ length: 50 }, (_, i) => linear(4 * (i + 1), 4));
  return training(layers, (n) => {
    const features: Tensor[] = [ones([8, 4])];
    for (const layer of layers.slice(0, n)) features.push(layer.forward(cat(features, 1)).relu());
    return square(cat(features, 1));
  });
}

/** A node of a random tree adds up the states of its children. */
function tree() {
  const [word, children] = [linear(16, 16), linear(16, 16)];
  const next = numbers(5);
  return training([word, children], (n) => {
    const below: Tensor[][] = Array.from({ length: n }, () => []);
    let state: Tensor = zeros([16]);
    for (let i = n - 1; i >= 0; i--) {
      const states = below[i] ?? [];
      const sum = states.length === 0 ? zeros([16]) : stack(states).sum(0);
      state = word
        .forward(ones([16]))
        .add(children.forward(sum))
        .tanh();
      if (i > 0) below[next(i)]?.push(state);
    }
    return square(state);
  });
}

/** A policy's episode: its log-probabilities weighted by what followed. */
function policy() {
  const [hidden, out] = [linear(4, 16), linear(16, 2)];
  const next = numbers(5);
  return training([hidden, out], (n) => {
    const [chosen, entropies]: [Tensor[], Tensor[]] = [[], []];
    let state: Tensor = ones([4]);
    for (let i = 0; i < n; i++) {
      const logProbs = out.forward(hidden.forward(state).tanh()).logSoftmax(-1);
      const action = next(2);
      chosen.push(logProbs.select(0, action));
      entropies.push(logProbs.exp().mul(logProbs).sum().neg());
      state = state.mul(0.9).add(tensor([action, 1 - action, 0.1, -0.1]));
    }
    const returns = tensor(Array.from({ length: n }, (_, i) => n - i));
    return stack(chosen).mul(returns).mean().neg().sub(stack(entropies).mean().mul(0.01));
  });
}

export const growingWorkloads: readonly DynamicWorkload[] = [
  { name: 'grow/attention', make: attention },
  { name: 'grow/mean', make: mean },
  { name: 'grow/dense', make: dense },
  { name: 'grow/tree', make: tree },
  { name: 'grow/policy', make: policy },
];
