/** @file The common part of recurrent layers: several layers of one kind of step, in one or both directions. */
import {
  checkArgument,
  defineOptions,
  kinds,
  passes,
  cat,
  ChainruleError,
  dropout as drop,
  indexSelect,
  linear,
  type Parameter,
  region,
  ShapeError,
  stack,
  type Tensor,
  zeros,
} from '@chainrule/autograd';
import { countedInputs } from '../../module/counted.js';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';
import { uniformParameter, type ParameterOptions } from '../create.js';
import { isPacked, type PackedSequence } from '../../utils/rnn/packedSequence.js';
import { layerPass } from './layerPass.js';
import { packedPass } from './packed.js';
import { biasesOf, type Step } from './recurrentCells.js';

/** Options of `RNN`, `LSTM` and `GRU`. */
export interface RecurrentOptions extends ParameterOptions {
  /** The number of layers. Default 1. */
  readonly numLayers?: number;
  /** Whether biases are added. Default true. */
  readonly bias?: boolean;
  /**
   * Whether sequences are `[batch, time, features]` instead of `[time, batch, features]`; states are not affected.
   * Default false.
   */
  readonly batchFirst?: boolean;
  /** The dropout probability of the output of each layer but the last, in training mode. Default 0. */
  readonly dropout?: number;
  /** Whether a second set of weights reads each sequence backwards; the two outputs are concatenated. Default false. */
  readonly bidirectional?: boolean;
}

/** The most layers: each has weights of its own. */
const MAX_LAYERS = 1024;

/** What every recurrent layer takes. */
export const recurrentOptions = defineOptions<RecurrentOptions>({
  numLayers: kinds.wholeBetween(1, MAX_LAYERS),
  bias: kinds.flag,
  batchFirst: kinds.flag,
  dropout: kinds.fraction,
  bidirectional: kinds.flag,
  dtype: kinds.dtype,
});
const parts = kinds.kind<readonly Tensor[]>('be [h, c], an array of its parts', (x) =>
  passes(kinds.array, x),
);
/** Sequences of equal length, or packed sequences. */
export type Sequences = Tensor | PackedSequence;
/** The output is packed if the input is. */
export type SameForm<X extends Sequences> = X extends Tensor ? Tensor : PackedSequence;

/**
 * Layers of one kind of step. Parameters are PyTorch's: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`,
 * `weight_hr_l0` for each layer, with `_reverse` for the second direction; all uniform on ±1/√hidden.
 */
export abstract class Recurrent<S extends readonly Tensor[]> extends Module {
  /** The number of features of the input. */
  readonly inputSize: number;
  /** The number of features of the state. */
  readonly hiddenSize: number;
  /** The number of features of the output in one direction. */
  protected readonly outputSize: number;
  protected readonly options: RecurrentOptions;

  constructor(
    gates: number,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions,
    projSize = 0,
  ) {
    super();
    const { name } = new.target;
    this.inputSize = checkArgument(name, 'inputSize', inputSize, kinds.count);
    this.hiddenSize = checkArgument(name, 'hiddenSize', hiddenSize, kinds.count);
    this.outputSize = projSize > 0 ? projSize : hiddenSize;
    this.options = options;
    const { bias = true, bidirectional = false, dtype, numLayers = 1 } = options;
    if (projSize >= hiddenSize && projSize > 0)
      throw new ChainruleError(
        `${new.target.name}: projSize ${projSize} must be smaller than the hidden size ${hiddenSize}`,
      );
    const add = (name: string, ...shape: number[]): Parameter =>
      this.registerParameter(name, uniformParameter(shape, 1 / Math.sqrt(hiddenSize), dtype));
    for (let layer = 0; layer < numLayers; layer++) {
      for (const direction of bidirectional ? ['', '_reverse'] : ['']) {
        const end = `_l${layer}${direction}`;
        add(
          `weight_ih${end}`,
          gates * hiddenSize,
          layer === 0 ? inputSize : this.outputSize * this.directions,
        );
        add(`weight_hh${end}`, gates * hiddenSize, this.outputSize);
        if (bias) add(`bias_ih${end}`, gates * hiddenSize);
        if (bias) add(`bias_hh${end}`, gates * hiddenSize);
        if (projSize > 0) add(`weight_hr${end}`, projSize, hiddenSize);
      }
    }
  }

  protected get directions(): number {
    return this.options.bidirectional === true ? 2 : 1;
  }

  private weight(name: string, end: string): Tensor | null {
    return (this as unknown as Record<string, Tensor | undefined>)[`${name}${end}`] ?? null;
  }

  /** As `layers`, marked as one operation for exporters. */
  protected run<X extends Sequences>(
    given: X,
    state: S | undefined,
    step: Step<S>,
    sizes: readonly number[],
    more: Readonly<Record<string, unknown>> = {},
  ): { output: SameForm<X>; state: Tensor[] } {
    return region(
      `nn.${this.constructor.name}`,
      [given, state],
      () => this.layers(given, state, step, sizes),
      () => ({
        ...this.options,
        ...more,
        inputSize: this.inputSize,
        hiddenSize: this.hiddenSize,
        training: this.training,
        weights: Object.fromEntries(this.namedParameters()),
      }),
    );
  }

  /** Runs all layers over `x`, from `state` with parts `[layers · directions, batch, size]`, or from zeros. */
  private layers<X extends Sequences>(
    given: X,
    state: S | undefined,
    step: Step<S>,
    sizes: readonly number[],
  ): { output: SameForm<X>; state: Tensor[] } {
    const { batchFirst = false, dropout = 0, numLayers = 1 } = this.options;
    const packed: PackedSequence | null = isPacked(given) ? given : null;
    const x =
      packed === null
        ? checkArgument(this.constructor.name, 'x', given, kinds.tensor)
        : packed.data;
    if (packed !== null && x.ndim !== 2) {
      throw new ShapeError(
        `${this.constructor.name}: expected packed data [steps, ${this.inputSize}], got [${x.shape.join(', ')}]`,
      );
    }
    if ((x.ndim !== 2 && x.ndim !== 3) || x.shape.at(-1) !== this.inputSize) {
      const order = batchFirst ? '[batch, time' : '[time, batch';
      throw new ShapeError(
        `${this.constructor.name}: expected ${order}, ${this.inputSize}] or [time, ${this.inputSize}], got [${x.shape.join(', ')}]`,
      );
    }
    const batched = packed !== null || x.ndim === 3;
    let sequence =
      packed !== null ? x : !batched ? x.unsqueeze(1) : batchFirst ? x.transpose(0, 1) : x;
    const batch = packed === null ? (sequence.shape[1] as number) : (packed.batchSizes[0] ?? 0);
    const starts = this.startsOf(state, { batch, dtype: x.dtype }, batched, sizes).map((part) =>
      ordered(part, packed?.sortedIndices),
    );
    const ends: S[] = [];
    for (let layer = 0; layer < numLayers; layer++) {
      if (layer > 0 && dropout > 0 && this.training) sequence = drop(sequence, dropout);
      const outputs: Tensor[] = [];
      for (let direction = 0; direction < this.directions; direction++) {
        const at = layer * this.directions + direction;
        const start = starts.map((part) => part.select(0, at)) as unknown as S;
        const { output, end } = this.pass(
          sequence,
          start,
          step,
          `_l${layer}${direction === 1 ? '_reverse' : ''}`,
          direction === 1,
          packed,
        );
        outputs.push(output);
        ends.push(end);
      }
      sequence = outputs.length === 1 ? (outputs[0] as Tensor) : cat(outputs, -1);
    }
    const finals = sizes.map((_, part) =>
      stack(
        ends.map((end) => end[part] as Tensor),
        0,
      ),
    );
    if (packed !== null) {
      return {
        output: { ...packed, data: sequence } as PackedSequence as SameForm<X>,
        state: finals.map((part) => ordered(part, packed.unsortedIndices)),
      };
    }
    const output = !batched
      ? sequence.squeeze(1)
      : batchFirst
        ? sequence.transpose(0, 1)
        : sequence;
    return {
      output: output as SameForm<X>,
      state: batched ? finals : finals.map((part) => part.squeeze(1)),
    };
  }

  /** One layer in one direction: one matrix product for the inputs of all steps, then a loop over the steps. */
  private pass(
    sequence: Tensor,
    start: S,
    step: Step<S>,
    end: string,
    reverse: boolean,
    packed: PackedSequence | null,
  ): { output: Tensor; end: S } {
    const bias = biasesOf(step, this.weight('bias_ih', end), this.weight('bias_hh', end));
    const weights = {
      hidden: this.weight('weight_hh', end) as Tensor,
      hiddenBias: bias.hidden,
      projection: this.weight('weight_hr', end),
    };
    const projected = linear(sequence, this.weight('weight_ih', end) as Tensor, bias.input);
    if (packed !== null)
      return packedPass(projected, packed.batchSizes, start, step, weights, reverse);
    if (projected.shape[0] === 0)
      throw new ShapeError(`${this.constructor.name}: the sequence has no steps`);
    return layerPass(projected, start, step, weights, { reverse });
  }

  private startsOf(
    state: S | undefined,
    x: { readonly batch: number; readonly dtype: Tensor['dtype'] },
    batched: boolean,
    sizes: readonly number[],
  ): Tensor[] {
    const count = (this.options.numLayers ?? 1) * this.directions;
    if (state !== undefined && sizes.length > 1)
      checkArgument(this.constructor.name, 'the state', state, parts);
    return sizes.map((size, part) => {
      const shape = [count, x.batch, size];
      const given = state?.[part];
      if (given === undefined || given === null) return zeros(shape, { dtype: x.dtype });
      checkArgument(this.constructor.name, `part ${part} of the state`, given, kinds.tensor);
      const expected = batched ? shape : [count, size];
      if (String(given.shape) !== String(expected)) {
        throw new ShapeError(
          `${this.constructor.name}: part ${part} of the state must have shape [${expected.join(', ')}], got [${given.shape.join(', ')}]`,
        );
      }
      return batched ? given : given.unsqueeze(1);
    });
  }

  override multiplyAdds(inputs: readonly Tensor[]): number {
    const [x] = countedInputs(inputs);
    const weights = this.parameters()
      .filter((p) => p.ndim === 2)
      .reduce((n, p) => n + p.size, 0);
    return (x.size / this.inputSize) * weights;
  }

  override extraRepr(): string {
    const { dtype: _, ...rest } = this.options;
    const more = show(rest);
    return `${this.inputSize}, ${this.hiddenSize}${more === '' ? '' : `, ${more}`}`;
  }
}

/** Reorders the sequences of a state `[layers, batch, size]`, if an order is given. */
function ordered(part: Tensor, order: readonly number[] | null | undefined): Tensor {
  return order == null ? part : indexSelect(part, 1, order);
}
