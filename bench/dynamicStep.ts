/** @file What workloads with changing shapes share: a step of training, and integers that every peer reproduces. */
import type { Tensor } from '@chainrule/autograd';
import type * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';

/** Integers in an order that every peer reproduces. */
export function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = Number((BigInt(state) * 1103515245n + 12345n) % 2147483648n);
    return Math.floor(state / 65536) % below;
  };
}

/** A step of Adam; returns the loss. */
export function training(modules: readonly nn.Module[], lossOf: (size: number) => Tensor) {
  const optimizer = new Adam(
    modules.flatMap((m) => [...m.parameters()]),
    { lr: 1e-3 },
  );
  return (size: number): number => {
    optimizer.zeroGrad();
    const loss = lossOf(size);
    loss.backward();
    optimizer.step();
    return loss.item();
  };
}
