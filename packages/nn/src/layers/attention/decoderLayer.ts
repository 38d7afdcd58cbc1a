/** @file A layer of a transformer's decoder. */
import { defineOptions, kinds, type OptionsReader, type Tensor } from '@chainrule/autograd';
import type { MultiheadAttention } from './attention.js';
import { Dropout } from '../dropout.js';
import { Linear } from '../linear/linear.js';
import type { LayerNorm } from '../normalization/layerNorm.js';
import {
  attentionOf,
  layerOptions,
  linearOptions,
  mask,
  normOf,
  TransformerLayer,
  type Mask,
  type TransformerLayerOptions,
} from './transformerLayer.js';

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
 * @example new TransformerDecoderLayer(8, 2).forward(zeros([4, 1, 8]), zeros([6, 1, 8])).shape // [4, 1, 8]
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
