/** @file One step of the recurrent layers: its formulas, and the cells that compute one step. */
import {
  checkArgument,
  defineOptions,
  kinds,
  chunk,
  linear,
  relu,
  sigmoid,
  ShapeError,
  tanh,
  type Parameter,
  type Tensor,
  zeros,
} from '@chainrule/autograd';
import { countedInputs } from '../../module/counted.js';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';
import { uniformParameter, type ParameterOptions } from '../create.js';

/** The weights that a step applies to its state, `[gates · hidden, state]`, and the bias that is added to the product. */
export interface StepWeights {
  readonly hidden: Tensor;
  readonly hiddenBias: Tensor | null;
  /** LSTM with projection: `[projected, hidden]`. */
  readonly projection?: Tensor | null;
}

/** One step of a recurrent layer. */
export interface Step<S extends readonly Tensor[]> {
  /** Whether the state's bias is added only to the state's product; otherwise it is added to the input's. */
  readonly biasApart: boolean;
  /** The next state, from the input's contribution and the state; its first part is the output. */
  next(x: Tensor, state: S, weights: StepWeights): S;
}

/** `h' = f(x + h Wᵀ)`. */
export function rnnStep(f: (x: Tensor) => Tensor): Step<readonly [Tensor]> {
  return {
    biasApart: false,
    next: (x, [h], { hidden, hiddenBias }) => [f(x.add(linear(h, hidden, hiddenBias)))],
  };
}

/**
 * `c' = σ(f) c + σ(i) tanh(g)`, `h' = σ(o) tanh(c')`, or `W (σ(o) tanh(c'))` with a projection; the gates i, f, g, o
 * are slices of `x + h Wᵀ` (Hochreiter & Schmidhuber 1997).
 */
export const lstmStep: Step<readonly [Tensor, Tensor]> = {
  biasApart: false,
  next: (x, [h, c], { hidden, hiddenBias, projection }) => {
    const gates = chunk(x.add(linear(h, hidden, hiddenBias)), 4, -1);
    const [i, f, g, o] = gates as [Tensor, Tensor, Tensor, Tensor];
    const cell = sigmoid(f)
      .mul(c)
      .add(sigmoid(i).mul(tanh(g)));
    const out = sigmoid(o).mul(tanh(cell));
    return [projection == null ? out : linear(out, projection), cell];
  },
};

/** `h' = (1 − z) n + z h` with `n = tanh(xₙ + r (h Wₙᵀ + bₙ))`; the gates are r, z, n (Cho et al. 2014). */
export const gruStep: Step<readonly [Tensor]> = {
  biasApart: true,
  next: (x, [h], { hidden, hiddenBias }) => {
    const [xr, xz, xn] = chunk(x, 3, -1) as [Tensor, Tensor, Tensor];
    const [hr, hz, hn] = chunk(linear(h, hidden, hiddenBias), 3, -1) as [Tensor, Tensor, Tensor];
    const z = sigmoid(xz.add(hz));
    const n = tanh(xn.add(sigmoid(xr.add(hr)).mul(hn)));
    return [n.add(z.mul(h.sub(n)))];
  },
};

/** The biases of the products of input and state; where possible they are added once for a whole sequence. */
export function biasesOf(
  { biasApart }: Pick<Step<readonly Tensor[]>, 'biasApart'>,
  input: Tensor | null,
  hidden: Tensor | null,
): { readonly input: Tensor | null; readonly hidden: Tensor | null } {
  return biasApart || input === null || hidden === null
    ? { input, hidden }
    : { input: input.add(hidden), hidden: null };
}

/** Options of `RNNCell`, `LSTMCell` and `GRUCell`. */
export interface CellOptions extends ParameterOptions {
  /** Whether biases are added. Default true. */
  readonly bias?: boolean;
}

const cellOptions = defineOptions<CellOptions>({ bias: kinds.flag, dtype: kinds.dtype });
const rnnCellOptions = defineOptions<CellOptions & { readonly nonlinearity?: 'tanh' | 'relu' }>({
  ...cellOptions.table,
  nonlinearity: kinds.oneOf('tanh', 'relu'),
});

/** A cell with `gates` slices; weights and biases start uniform on ±1/√hidden. */
abstract class RecurrentCell extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  static override readonly stateKeys: Readonly<Record<string, string>> = {
    weightIh: 'weight_ih',
    weightHh: 'weight_hh',
    biasIh: 'bias_ih',
    biasHh: 'bias_hh',
  };
  /** The weights of the input, `[gates · hidden, input]`. */
  readonly weightIh: Parameter;
  /** The weights of the state, `[gates · hidden, hidden]`. */
  readonly weightHh: Parameter;
  /** The bias of the input's product; null if the cell has no bias. */
  readonly biasIh: Parameter | null;
  /** The bias of the state's product; null if the cell has no bias. */
  readonly biasHh: Parameter | null;
  /** The number of features of the input. */
  readonly inputSize: number;
  /** The number of features of the state. */
  readonly hiddenSize: number;

  constructor(
    gates: number,
    inputSize: number,
    hiddenSize: number,
    { bias = true, dtype }: CellOptions,
  ) {
    super();
    const { name } = new.target;
    this.inputSize = checkArgument(name, 'inputSize', inputSize, kinds.count);
    this.hiddenSize = checkArgument(name, 'hiddenSize', hiddenSize, kinds.count);
    const draw = (...shape: number[]): Parameter =>
      uniformParameter(shape, 1 / Math.sqrt(hiddenSize), dtype);
    this.weightIh = draw(gates * hiddenSize, inputSize);
    this.weightHh = draw(gates * hiddenSize, hiddenSize);
    this.biasIh = bias ? draw(gates * hiddenSize) : null;
    this.biasHh = bias ? draw(gates * hiddenSize) : null;
  }

  protected next<S extends readonly Tensor[]>(step: Step<S>, x: Tensor, state: S): S {
    if ((x.ndim !== 1 && x.ndim !== 2) || x.shape.at(-1) !== this.inputSize) {
      throw new ShapeError(
        `${this.constructor.name}: expected [batch, ${this.inputSize}] or [${this.inputSize}], got [${x.shape.join(', ')}]`,
      );
    }
    checkArgument(this.constructor.name, 'the state', state, kinds.listOf(kinds.tensor));
    for (const h of state) {
      if (
        h.ndim !== x.ndim ||
        h.shape.at(-1) !== this.hiddenSize ||
        (x.ndim === 2 && h.shape[0] !== x.shape[0])
      ) {
        throw new ShapeError(
          `${this.constructor.name}: the state must have shape [${[...x.shape.slice(0, -1), this.hiddenSize].join(', ')}], got [${h.shape.join(', ')}]`,
        );
      }
    }
    const { input, hidden } = biasesOf(step, this.biasIh, this.biasHh);
    return step.next(linear(x, this.weightIh, input), state, {
      hidden: this.weightHh,
      hiddenBias: hidden,
    });
  }

  protected zeroState(x: Tensor): Tensor {
    return zeros([...x.shape.slice(0, -1), this.hiddenSize], { dtype: x.dtype });
  }

  override multiplyAdds(inputs: readonly Tensor[]): number {
    const [x] = countedInputs(inputs);
    return (x.ndim === 2 ? (x.shape[0] as number) : 1) * (this.weightIh.size + this.weightHh.size);
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}, ${show({ bias: this.biasIh !== null })}`;
  }
}

/**
 * One step of {@link RNN}, `h' = tanh(x Wᵀ + b + h Uᵀ + c)`: `[batch, in], [batch, hidden]? → [batch, hidden]`, or
 * without the batch. The state defaults to zeros. PyTorch: `nn.RNNCell`.
 * @example new RNNCell(8, 16).forward(zeros([2, 8])).shape // [2, 16]
 */
export class RNNCell extends RecurrentCell {
  /** The activation. Default `'tanh'`. */
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(
    inputSize: number,
    hiddenSize: number,
    given?: CellOptions & { readonly nonlinearity?: 'tanh' | 'relu' },
  ) {
    const { nonlinearity = 'tanh', ...options } = rnnCellOptions('RNNCell', given);
    super(1, inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  override forward(x: Tensor, h: Tensor = this.zeroState(x)): Tensor {
    return this.next(rnnStep(this.nonlinearity === 'relu' ? relu : tanh), x, [h])[0];
  }
}

/**
 * One step of {@link LSTM}: `[batch, in], [h, c]? → [h', c']`, each state `[batch, hidden]`, or without the batch:
 * `c' = σ(f) c + σ(i) tanh(g)` and `h' = σ(o) tanh(c')`, where i, f, g and o are slices of `x Wᵀ + h Uᵀ + b`. The
 * state defaults to zeros. PyTorch: `nn.LSTMCell`.
 *
 * @example const [h, c] = new LSTMCell(8, 16).forward(randn([2, 8]));
 */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options?: CellOptions) {
    super(4, inputSize, hiddenSize, cellOptions('LSTMCell', options));
  }

  override forward(
    x: Tensor,
    state: readonly [Tensor, Tensor] = [this.zeroState(x), this.zeroState(x)],
  ): [h: Tensor, c: Tensor] {
    return [...this.next(lstmStep, x, state)] as [Tensor, Tensor];
  }
}

/**
 * One step of {@link GRU}: `[batch, in], [batch, hidden]? → [batch, hidden]`, or without the batch: `h' = (1 − z) n
 * + z h` with `n = tanh(xₙ + r (h Uₙᵀ + bₙ))`, where x contributes `x Wᵀ + b`, and r and z are the sigmoids of its
 * slices plus the state's. The state defaults to zeros. PyTorch: `nn.GRUCell`.
 * @example new GRUCell(8, 16).forward(zeros([2, 8])).shape // [2, 16]
 */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options?: CellOptions) {
    super(3, inputSize, hiddenSize, cellOptions('GRUCell', options));
  }

  override forward(x: Tensor, h: Tensor = this.zeroState(x)): Tensor {
    return this.next(gruStep, x, [h])[0];
  }
}
