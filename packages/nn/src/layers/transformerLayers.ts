/** @file The layers of a transformer (Vaswani et al. 2017). */
import {
  checkArgument,
  defineOptions,
  kinds,
  type Kind,
  type OptionsReader,
  gelu,
  relu,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { MultiheadAttention } from './attention.js';
import type { ParameterOptions } from './create.js';
import { Dropout } from './dropout.js';
import { LayerNorm } from './layerNorm.js';
import { Linear } from './linear.js';

export type Mask = Tensor | null | undefined;

export interface TransformerLayerOptions extends ParameterOptions {
  /** Features between the two linear layers. Default 2048. */
  readonly dimFeedforward?: number;
  /** Default 0.1. */
  readonly dropout?: number;
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor);
  readonly layerNormEps?: number;
  readonly batchFirst?: boolean;
  /** Whether each block normalizes its input, instead of its output. */
  readonly normFirst?: boolean;
  readonly bias?: boolean;
}

/** Reads the options of transformer layers. */
export const layerOptions: OptionsReader<TransformerLayerOptions> =
  defineOptions<TransformerLayerOptions>({
    dimFeedforward: kinds.count,
    dropout: kinds.fraction,
    activation: kinds.either(
      kinds.oneOf('relu', 'gelu'),
      kinds.callable as Kind<(x: Tensor) => Tensor>,
    ),
    layerNormEps: kinds.nonNegative,
    batchFirst: kinds.flag,
    normFirst: kinds.flag,
    bias: kinds.flag,
    dtype: kinds.dtype,
  });

const mask = kinds.orNull(kinds.tensor);

/** What encoder and decoder layers share: attention to themselves, a feed-forward block, residuals around each. */
abstract class TransformerLayer extends Module {
  static override readonly stateKeys: Readonly<Record<string, string>> = {
    selfAttn: 'self_attn',
    multiheadAttn: 'multihead_attn',
  };
  readonly selfAttn: MultiheadAttention;
  protected readonly normFirst: boolean;
  protected readonly activation: (x: Tensor) => Tensor;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions) {
    super();
    checkArgument(new.target.name, 'dModel', dModel, kinds.count);
    checkArgument(new.target.name, 'nhead', nhead, kinds.count);
    this.selfAttn = attentionOf(dModel, nhead, options);
    this.normFirst = options.normFirst ?? false;
    this.activation = activationOf(options.activation ?? 'relu');
  }

  abstract readonly linear1: Linear;
  abstract readonly linear2: Linear;
  abstract readonly dropout: Dropout;

  protected feedForward(x: Tensor, last: Dropout): Tensor {
    const { linear1, linear2, dropout } = this;
    return last.forward(linear2.forward(dropout.forward(this.activation(linear1.forward(x)))));
  }

  /** `x + block(norm(x))` or `norm(x + block(x))`. */
  protected residual(x: Tensor, norm: LayerNorm, block: (x: Tensor) => Tensor): Tensor {
    return this.normFirst ? x.add(block(norm.forward(x))) : norm.forward(x.add(block(x)));
  }
}

export interface EncoderLayerCall {
  readonly srcMask?: Mask;
  readonly srcKeyPaddingMask?: Mask;
  readonly isCausal?: boolean;
}

const encoderLayerCall = defineOptions<EncoderLayerCall>({
  srcMask: mask,
  srcKeyPaddingMask: mask,
  isCausal: kinds.flag,
});

/**
 * Self-attention and a feed-forward block: `[time, batch, features] → ` the same. Masks as in `MultiheadAttention`.
 * PyTorch: `nn.TransformerEncoderLayer`.
 */
export class TransformerEncoderLayer extends TransformerLayer {
  static override readonly inputs: readonly string[] = ['src'];

  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;

  constructor(dModel: number, nhead: number, given?: TransformerLayerOptions) {
    const options = layerOptions('TransformerEncoderLayer', given);
    super(dModel, nhead, options);
    const { dimFeedforward = 2048, dropout = 0.1 } = options;
    this.linear1 = new Linear(dModel, dimFeedforward, linearOptions(options));
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, linearOptions(options));
    this.norm1 = normOf(dModel, options);
    this.norm2 = normOf(dModel, options);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
  }

  override forward(src: Tensor, given?: EncoderLayerCall): Tensor {
    const {
      srcMask,
      srcKeyPaddingMask,
      isCausal = false,
    } = encoderLayerCall('TransformerEncoderLayer', given);
    const call = {
      attnMask: srcMask,
      keyPaddingMask: srcKeyPaddingMask,
      isCausal,
      needWeights: false,
    };
    const x = this.residual(src, this.norm1, (y) =>
      this.dropout1.forward(this.selfAttn.forward(y, y, y, call)[0]),
    );
    return this.residual(x, this.norm2, (y) => this.feedForward(y, this.dropout2));
  }
}

export interface DecoderLayerCall {
  readonly tgtMask?: Mask;
  readonly memoryMask?: Mask;
  readonly tgtKeyPaddingMask?: Mask;
  readonly memoryKeyPaddingMask?: Mask;
  readonly tgtIsCausal?: boolean;
  readonly memoryIsCausal?: boolean;
}

/** Reads what a call of a decoder takes. */
export const decoderLayerCall: OptionsReader<DecoderLayerCall> = defineOptions<DecoderLayerCall>({
  tgtMask: mask,
  memoryMask: mask,
  tgtKeyPaddingMask: mask,
  memoryKeyPaddingMask: mask,
  tgtIsCausal: kinds.flag,
  memoryIsCausal: kinds.flag,
});

/**
 * Self-attention, attention to the encoder's output, and a feed-forward block. PyTorch: `nn.TransformerDecoderLayer`.
 */
export class TransformerDecoderLayer extends TransformerLayer {
  static override readonly inputs: readonly string[] = ['tgt', 'memory'];

  readonly multiheadAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;

  constructor(dModel: number, nhead: number, given?: TransformerLayerOptions) {
    const options = layerOptions('TransformerDecoderLayer', given);
    super(dModel, nhead, options);
    const { dimFeedforward = 2048, dropout = 0.1 } = options;
    this.multiheadAttn = attentionOf(dModel, nhead, options);
    this.linear1 = new Linear(dModel, dimFeedforward, linearOptions(options));
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, linearOptions(options));
    this.norm1 = normOf(dModel, options);
    this.norm2 = normOf(dModel, options);
    this.norm3 = normOf(dModel, options);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
  }

  override forward(tgt: Tensor, memory: Tensor, given?: DecoderLayerCall): Tensor {
    const call = decoderLayerCall('TransformerDecoderLayer', given);
    const {
      tgtMask,
      tgtKeyPaddingMask,
      tgtIsCausal = false,
      memoryMask,
      memoryKeyPaddingMask,
      memoryIsCausal = false,
    } = call;
    const own = {
      attnMask: tgtMask,
      keyPaddingMask: tgtKeyPaddingMask,
      isCausal: tgtIsCausal,
      needWeights: false,
    };
    const other = {
      attnMask: memoryMask,
      keyPaddingMask: memoryKeyPaddingMask,
      isCausal: memoryIsCausal,
      needWeights: false,
    };
    let x = this.residual(tgt, this.norm1, (y) =>
      this.dropout1.forward(this.selfAttn.forward(y, y, y, own)[0]),
    );
    x = this.residual(x, this.norm2, (y) =>
      this.dropout2.forward(this.multiheadAttn.forward(y, memory, memory, other)[0]),
    );
    return this.residual(x, this.norm3, (y) => this.feedForward(y, this.dropout3));
  }
}

function attentionOf(
  dModel: number,
  nhead: number,
  { dropout = 0.1, bias = true, batchFirst = false, dtype }: TransformerLayerOptions,
): MultiheadAttention {
  return new MultiheadAttention(dModel, nhead, {
    dropout,
    bias,
    batchFirst,
    ...(dtype && { dtype }),
  });
}

function linearOptions({
  bias = true,
  dtype,
}: TransformerLayerOptions): { bias: boolean } & ParameterOptions {
  return { bias, ...(dtype && { dtype }) };
}

/** A LayerNorm as the options say. */
export function normOf(
  dModel: number,
  { layerNormEps = 1e-5, bias = true, dtype }: TransformerLayerOptions,
): LayerNorm {
  return new LayerNorm(dModel, { eps: layerNormEps, bias, ...(dtype && { dtype }) });
}

function activationOf(
  activation: NonNullable<TransformerLayerOptions['activation']>,
): (x: Tensor) => Tensor {
  if (typeof activation === 'function') return activation;
  return activation === 'relu' ? relu : (x) => gelu(x);
}
