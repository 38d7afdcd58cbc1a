/** @file A layer of a transformer's encoder. */
import { defineOptions, kinds, type Tensor } from '@chainrule/autograd';
import { Dropout } from '../dropout.js';
import { Linear } from '../linear/linear.js';
import type { LayerNorm } from '../normalization/layerNorm.js';
import {
  layerOptions,
  linearOptions,
  mask,
  normOf,
  TransformerLayer,
  type Mask,
  type TransformerLayerOptions,
} from './transformerLayer.js';

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
