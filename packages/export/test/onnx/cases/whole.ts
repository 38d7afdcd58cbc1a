/** @file Whole models with dynamic sizes. */
import * as cr from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { integers, numbers, wrap, type ExportCase } from './exportCase.js';

/** A causal model over tokens, with a length that moves. */
class Decoder extends nn.Module {
  embed = new nn.Embedding(11, 8);
  places = new nn.Embedding(16, 8);
  norm = new nn.LayerNorm([8]);
  qkv = new nn.Linear(8, 24);
  out = new nn.Linear(8, 11);
  override forward(tokens: Tensor): Tensor {
    const [n, length] = tokens.shape as [number, number];
    const x = this.embed
      .forward(tokens)
      .add(this.places.forward(cr.arange(length, { dtype: 'int32' })));
    const heads = this.qkv
      .forward(this.norm.forward(x))
      .reshape([n, length, 3, 2, 4])
      .permute([2, 0, 3, 1, 4]);
    const [q, k, v] = heads.unbind(0) as [Tensor, Tensor, Tensor];
    const y = cr.scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.out.forward(y.permute([0, 2, 1, 3]).reshape([n, length, 8]).add(x));
  }
}

export const whole: readonly ExportCase[] = [
  {
    name: 'a decoder of any length',
    f: new Decoder(),
    args: (n) => [integers([2, n], 11)],
    batch: { tokens: 1 },
  },
  {
    name: 'a decoder of any batch',
    f: new Decoder(),
    args: (n) => [integers([n, 5], 11)],
    batch: 0,
  },
  {
    name: 'an LSTM over any length',
    f: recurrent(),
    args: (n) => [numbers([n, 2, 3])],
    batch: 0,
  },
];

function recurrent(): nn.Module {
  const lstm = new nn.LSTM(3, 4);
  return wrap((x) => lstm.forward(x), lstm);
}
