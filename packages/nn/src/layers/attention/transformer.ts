/** @file Stacks of transformer layers, and the whole transformer (Vaswani et al. 2017). */
import {
  checkArgument,
  defineOptions,
  kinds,
  type Kind,
  ShapeError,
  type Tensor,
} from '@chainrule/autograd';
import * as init from '../../init/index.js';
import { Module } from '../../module/module.js';
import { causalMask } from './attentionMask.js';
import { ModuleList } from '../containers.js';
import { aModule } from '../../module/slots.js';
import {
  decoderLayerCall,
  TransformerDecoderLayer,
  type DecoderLayerCall,
} from './decoderLayer.js';
import { TransformerEncoderLayer } from './encoderLayer.js';
import {
  layerOptions,
  normOf,
  type Mask,
  type TransformerLayerOptions,
} from './transformerLayer.js';

/** Options of `TransformerEncoder` and `TransformerDecoder`. */
export interface StackOptions {
  /** A normalization of the last layer's output. */
  readonly norm?: Module & { forward(x: Tensor): Tensor };
}

/** Options of a call of the encoder. */
export interface EncoderCall {
  /** `[time, time]`: true where a position must not attend, or numbers to add to the scores. */
  readonly mask?: Mask;
  /** `[batch, source]`: true at positions that are padding. */
  readonly srcKeyPaddingMask?: Mask;
  /** Whether positions attend to no later ones; then no mask is needed. Default false. */
  readonly isCausal?: boolean;
}

/** The most layers: each has weights of its own, so more do not fit into memory. */
const someLayers = kinds.wholeBetween(0, 1024);
const mask = kinds.orNull(kinds.tensor);

const stackOptions = defineOptions<StackOptions>({
  norm: kinds.orNull(aModule) as Kind<NonNullable<StackOptions['norm']>>,
});
const encoderCall = defineOptions<EncoderCall>({
  mask,
  srcKeyPaddingMask: mask,
  isCausal: kinds.flag,
});

/**
 * A stack of `numLayers` copies of a layer. As in PyTorch, the copies start with the same weights. PyTorch:
 * `nn.TransformerEncoder`.
 * @example
 * const layer = new TransformerEncoderLayer(8, 2);
 * new TransformerEncoder(layer, 3).forward(zeros([4, 1, 8])).shape // [4, 1, 8]
 */
export class TransformerEncoder extends Module {
  static override readonly inputs: readonly string[] = ['src'];

  /** The layers, in order. */
  readonly layers: ModuleList<TransformerEncoderLayer>;
  /** A normalization of the last layer's output; null for none. */
  readonly norm: StackOptions['norm'] | null;

  constructor(encoderLayer: TransformerEncoderLayer, numLayers: number, options?: StackOptions) {
    super();
    const { norm } = stackOptions('TransformerEncoder', options);
    this.layers = copies('TransformerEncoder', encoderLayer, numLayers);
    this.norm = norm ?? null;
  }

  override forward(src: Tensor, given?: EncoderCall): Tensor {
    const { mask, srcKeyPaddingMask, isCausal = false } = encoderCall('TransformerEncoder', given);
    let x = src;
    for (const layer of this.layers)
      x = layer.forward(x, { srcMask: mask, srcKeyPaddingMask, isCausal });
    return this.norm?.forward(x) ?? x;
  }
}

/**
 * A stack of `numLayers` copies of a layer, all of which attend to the same memory. PyTorch:
 * `nn.TransformerDecoder`.
 * @example
 * const layer = new TransformerDecoderLayer(8, 2);
 * new TransformerDecoder(layer, 3).forward(zeros([4, 1, 8]), zeros([6, 1, 8])).shape // [4, 1, 8]
 */
export class TransformerDecoder extends Module {
  static override readonly inputs: readonly string[] = ['tgt', 'memory'];

  /** The layers, in order. */
  readonly layers: ModuleList<TransformerDecoderLayer>;
  /** A normalization of the last layer's output; null for none. */
  readonly norm: StackOptions['norm'] | null;

  constructor(decoderLayer: TransformerDecoderLayer, numLayers: number, options?: StackOptions) {
    super();
    const { norm } = stackOptions('TransformerDecoder', options);
    this.layers = copies('TransformerDecoder', decoderLayer, numLayers);
    this.norm = norm ?? null;
  }

  override forward(tgt: Tensor, memory: Tensor, call?: DecoderLayerCall): Tensor {
    decoderLayerCall('TransformerDecoder', call);
    let x = tgt;
    for (const layer of this.layers) x = layer.forward(x, memory, call);
    return this.norm?.forward(x) ?? x;
  }
}

/** Options of `Transformer`. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** The number of features of each position. Default 512. */
  readonly dModel?: number;
  /** The number of attention heads, which share the features evenly. Default 8. */
  readonly nhead?: number;
  /** The number of encoder layers. Default 6. */
  readonly numEncoderLayers?: number;
  /** The number of decoder layers. Default 6. */
  readonly numDecoderLayers?: number;
}

/** Options of a call of the transformer. */
export interface TransformerCall extends DecoderLayerCall {
  /** `[source, source]`: true where a position must not attend, or numbers to add to the scores. */
  readonly srcMask?: Mask;
  /** `[batch, source]`: true at positions that are padding. */
  readonly srcKeyPaddingMask?: Mask;
  /** Whether positions of the source attend to no later ones. Default false. */
  readonly srcIsCausal?: boolean;
}

const transformerOptions = defineOptions<TransformerOptions>({
  ...layerOptions.table,
  dModel: kinds.count,
  nhead: kinds.count,
  numEncoderLayers: someLayers,
  numDecoderLayers: someLayers,
});
const transformerCall = defineOptions<TransformerCall>({
  ...decoderLayerCall.table,
  srcMask: mask,
  srcKeyPaddingMask: mask,
  srcIsCausal: kinds.flag,
});

/**
 * Encoder and decoder (Vaswani et al. 2017): `src [time, batch, features], tgt [time', batch, features] → [time',
 * batch, features]`. All matrices start Xavier-uniform. PyTorch: `nn.Transformer`.
 *
 * @example new Transformer({ dModel: 64, nhead: 4, numEncoderLayers: 2, numDecoderLayers: 2 }).forward(src, tgt)
 */
export class Transformer extends Module {
  static override readonly inputs: readonly string[] = ['src', 'tgt'];

  /** The encoder. */
  readonly encoder: TransformerEncoder;
  /** The decoder. */
  readonly decoder: TransformerDecoder;
  private readonly batchFirst: boolean;

  constructor(given?: TransformerOptions) {
    super();
    const options = transformerOptions('Transformer', given);
    const {
      dModel = 512,
      nhead = 8,
      numEncoderLayers = 6,
      numDecoderLayers = 6,
      ...layer
    } = options;
    this.batchFirst = layer.batchFirst ?? false;
    this.encoder = new TransformerEncoder(
      new TransformerEncoderLayer(dModel, nhead, layer),
      numEncoderLayers,
      {
        norm: normOf(dModel, layer),
      },
    );
    this.decoder = new TransformerDecoder(
      new TransformerDecoderLayer(dModel, nhead, layer),
      numDecoderLayers,
      {
        norm: normOf(dModel, layer),
      },
    );
    for (const p of this.parameters()) if (p.ndim > 1) init.xavierUniform(p);
  }

  override forward(src: Tensor, tgt: Tensor, given?: TransformerCall): Tensor {
    const call = transformerCall('Transformer', given);
    const batch = this.batchFirst ? 0 : 1;
    if (
      src.ndim !== tgt.ndim ||
      src.shape.at(-1) !== tgt.shape.at(-1) ||
      (src.ndim === 3 && src.shape[batch] !== tgt.shape[batch])
    ) {
      throw new ShapeError(
        `Transformer: src [${src.shape.join(', ')}] and tgt [${tgt.shape.join(', ')}] must agree in batch and features`,
      );
    }
    const { srcMask, srcKeyPaddingMask, srcIsCausal = false, ...decoding } = call;
    const memory = this.encoder.forward(src, {
      mask: srcMask,
      srcKeyPaddingMask,
      isCausal: srcIsCausal,
    });
    return this.decoder.forward(tgt, memory, decoding);
  }

  /** A mask with −∞ above the diagonal: no position attends to a later one. */
  static generateSquareSubsequentMask(size: number): Tensor {
    return causalMask(checkArgument('generateSquareSubsequentMask', 'size', size, kinds.size));
  }
}

/** Copies the values too, as PyTorch does: all layers start alike. */
function copies<M extends Module>(name: string, layer: M, n: number): ModuleList<M> {
  checkArgument(name, 'the layer', layer, aModule);
  checkArgument(name, 'numLayers', n, someLayers);
  return new ModuleList(Array.from({ length: n }, () => layer.clone()));
}
