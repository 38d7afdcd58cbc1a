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
import { Module } from '../../module/module.js';
import { MultiheadAttention } from './attention.js';
import type { ParameterOptions } from '../create.js';
import { Dropout } from '../dropout.js';
import { LayerNorm } from '../normalization/layerNorm.js';
import { Linear } from '../linear/linear.js';

export type Mask = Tensor | null | undefined;

/** Options of the layers of a transformer. */
export interface TransformerLayerOptions extends ParameterOptions {
  /** The number of features between the two linear layers. Default 2048. */
  readonly dimFeedforward?: number;
  /** The dropout probability. Default 0.1. */
  readonly dropout?: number;
  /** The activation between the two linear layers. Default `'relu'`. */
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor);
  /** The `eps` of the layer normalizations. Default 1e-5. */
  readonly layerNormEps?: number;
  /** Whether sequences are `[batch, time, features]` instead of `[time, batch, features]`. Default false. */
  readonly batchFirst?: boolean;
  /** Whether each block normalizes its input instead of its output. Default false. */
  readonly normFirst?: boolean;
  /** Whether linear layers and normalizations have a bias. Default true. */
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

/** What encoder and decoder layers share: self-attention and a feed-forward block, each with a residual connection. */
abstract class TransformerLayer extends Module {
  static override readonly stateKeys: Readonly<Record<string, string>> = {
    selfAttn: 'self_attn',
    multiheadAttn: 'multihead_attn',
  };
  /** Self-attention. */
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

/** Options of a call of an encoder layer. */
export interface EncoderLayerCall {
  /** `[time, time]`: true where a position must not attend, or numbers to add to the scores. */
  readonly srcMask?: Mask;
  /** `[batch, source]`: true at positions that are padding. */
  readonly srcKeyPaddingMask?: Mask;
  /** Whether positions attend to no later ones; then no mask is needed. Default false. */
  readonly isCausal?: boolean;
}

const encoderLayerCall = defineOptions<EncoderLayerCall>({
  srcMask: mask,
  srcKeyPaddingMask: mask,
  isCausal: kinds.flag,
});

/**
 * Self-attention and a feed-forward block, each with a residual connection and a normalization (Vaswani et al.
 * 2017): `[time, batch, features]` to the same shape. Masks as in {@link MultiheadAttention}. PyTorch:
 * `nn.TransformerEncoderLayer`.
 *
 * @example new TransformerEncoderLayer(64, 4, { batchFirst: true, normFirst: true }).forward(x, { isCausal: true })
 */
export class TransformerEncoderLayer extends TransformerLayer {
  static override readonly inputs: readonly string[] = ['src'];

  /** The first linear layer of the feed-forward block. */
  readonly linear1: Linear;
  /** Dropout within the feed-forward block. */
  readonly dropout: Dropout;
  /** The second linear layer of the feed-forward block. */
  readonly linear2: Linear;
  /** The normalization of the self-attention. */
  readonly norm1: LayerNorm;
  /** The normalization of the feed-forward block. */
  readonly norm2: LayerNorm;
  /** Dropout after the self-attention. */
  readonly dropout1: Dropout;
  /** Dropout after the feed-forward block. */
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

/** Options of a call of a decoder layer. */
export interface DecoderLayerCall {
  /** `[target, target]`: true where a position must not attend, or numbers to add to the scores. */
  readonly tgtMask?: Mask;
  /** `[target, source]`: true where a position must not attend to the memory, or numbers to add to the scores. */
  readonly memoryMask?: Mask;
  /** `[batch, target]`: true at positions that are padding. */
  readonly tgtKeyPaddingMask?: Mask;
  /** `[batch, source]`: true at positions of the memory that are padding. */
  readonly memoryKeyPaddingMask?: Mask;
  /** Whether positions of the target attend to no later ones. Default false. */
  readonly tgtIsCausal?: boolean;
  /** Whether position t attends to the memory up to position t only. Default false. */
  readonly memoryIsCausal?: boolean;
}

/** Reads the options of a call of a decoder layer. */
export const decoderLayerCall: OptionsReader<DecoderLayerCall> = defineOptions<DecoderLayerCall>({
  tgtMask: mask,
  memoryMask: mask,
  tgtKeyPaddingMask: mask,
  memoryKeyPaddingMask: mask,
  tgtIsCausal: kinds.flag,
  memoryIsCausal: kinds.flag,
});

/**
 * Self-attention, attention to the encoder's output (the memory), and a feed-forward block (Vaswani et al. 2017):
 * `[time, batch, features], [time', batch, features] → [time, batch, features]`. PyTorch:
 * `nn.TransformerDecoderLayer`.
 */
export class TransformerDecoderLayer extends TransformerLayer {
  static override readonly inputs: readonly string[] = ['tgt', 'memory'];

  /** Attention to the memory. */
  readonly multiheadAttn: MultiheadAttention;
  /** The first linear layer of the feed-forward block. */
  readonly linear1: Linear;
  /** Dropout within the feed-forward block. */
  readonly dropout: Dropout;
  /** The second linear layer of the feed-forward block. */
  readonly linear2: Linear;
  /** The normalization of the self-attention. */
  readonly norm1: LayerNorm;
  /** The normalization of the attention to the memory. */
  readonly norm2: LayerNorm;
  /** The normalization of the feed-forward block. */
  readonly norm3: LayerNorm;
  /** Dropout after the self-attention. */
  readonly dropout1: Dropout;
  /** Dropout after the attention to the memory. */
  readonly dropout2: Dropout;
  /** Dropout after the feed-forward block. */
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

/** A LayerNorm with these options. */
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
