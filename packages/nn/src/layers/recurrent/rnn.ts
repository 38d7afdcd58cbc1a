/** @file The recurrent layers: RNN, LSTM and GRU. */
import { defineOptions, kinds, relu, tanh, type Tensor } from '@chainrule/autograd';
import {
  Recurrent,
  recurrentOptions,
  type RecurrentOptions,
  type Sequences,
  type SameForm,
} from './recurrent.js';
import { gruStep, lstmStep, rnnStep } from './recurrentCells.js';

const rnnOptions = defineOptions<RecurrentOptions & { readonly nonlinearity?: 'tanh' | 'relu' }>({
  ...recurrentOptions.table,
  nonlinearity: kinds.oneOf('tanh', 'relu'),
});
const lstmOptions = defineOptions<RecurrentOptions & { readonly projSize?: number }>({
  ...recurrentOptions.table,
  projSize: kinds.size,
});

/**
 * A recurrent network (Elman 1990): `h' = tanh(x Wᵀ + b + h Uᵀ + c)` along each sequence, `[time, batch, in], h0? →
 * [output, h]`. The output is `[time, batch, directions · hidden]`, h is `[layers · directions, batch, hidden]`; the
 * batch may be missing. h0 defaults to zeros. For sequences of different lengths pass a `PackedSequence` (see
 * `nn.utils.rnn`): the output is packed too, and h is the state at the end of each sequence. PyTorch: `nn.RNN`.
 *
 * @example const [output, h] = new RNN(8, 16).forward(randn([5, 2, 8])); // [5, 2, 16], [1, 2, 16]
 */
export class RNN extends Recurrent<readonly [Tensor]> {
  private readonly nonlinearity: 'tanh' | 'relu';

  constructor(
    inputSize: number,
    hiddenSize: number,
    given?: RecurrentOptions & { readonly nonlinearity?: 'tanh' | 'relu' },
  ) {
    const { nonlinearity = 'tanh', ...options } = rnnOptions('RNN', given);
    super(1, inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  override forward<X extends Sequences>(x: X, h?: Tensor): [output: SameForm<X>, h: Tensor] {
    const step = rnnStep(this.nonlinearity === 'relu' ? relu : tanh);
    const { nonlinearity } = this;
    const { output, state } = this.run(x, h && [h], step, [this.hiddenSize], { nonlinearity });
    return [output, state[0] as Tensor];
  }
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997): `[time, batch, in], [h0, c0]? → [output, [h, c]]`. Shapes
 * as for {@link RNN}; the step is that of `LSTMCell`. With `projSize`, outputs and h are projected to that size (Sak
 * et al. 2014). PyTorch: `nn.LSTM`.
 *
 * @example const [output, [h, c]] = new LSTM(8, 16, { numLayers: 2, batchFirst: true }).forward(randn([2, 5, 8]));
 */
export class LSTM extends Recurrent<readonly [Tensor, Tensor]> {
  constructor(
    inputSize: number,
    hiddenSize: number,
    given?: RecurrentOptions & { readonly projSize?: number },
  ) {
    const { projSize = 0, ...options } = lstmOptions('LSTM', given);
    super(4, inputSize, hiddenSize, options, projSize);
  }

  override forward<X extends Sequences>(
    x: X,
    state?: readonly [Tensor, Tensor],
  ): [output: SameForm<X>, state: [h: Tensor, c: Tensor]] {
    const sizes = [this.outputSize, this.hiddenSize];
    const projSize = this.outputSize === this.hiddenSize ? 0 : this.outputSize;
    const { output, state: end } = this.run(x, state, lstmStep, sizes, { projSize });
    return [output, end as [Tensor, Tensor]];
  }
}

/**
 * Gated recurrent units (Cho et al. 2014): `[time, batch, in], h0? → [output, h]`. Shapes as for {@link RNN}; the
 * step is that of `GRUCell`. PyTorch: `nn.GRU`.
 * @example const [output, h] = new GRU(8, 16).forward(randn([5, 2, 8])); // [5, 2, 16], [1, 2, 16]
 */
export class GRU extends Recurrent<readonly [Tensor]> {
  constructor(inputSize: number, hiddenSize: number, options?: RecurrentOptions) {
    super(3, inputSize, hiddenSize, recurrentOptions('GRU', options));
  }

  override forward<X extends Sequences>(x: X, h?: Tensor): [output: SameForm<X>, h: Tensor] {
    const { output, state } = this.run(x, h && [h], gruStep, [this.hiddenSize]);
    return [output, state[0] as Tensor];
  }
}
