/** @file Stacks of transformer layers, and the whole transformer (Vaswani et al. 2017). */
import {
  checkArgument,
  defineOptions,
  kinds,
  type Kind,
  ShapeError,
  type Tensor,
} from '@chainrule/autograd';
import * as init from '../../init.js';
import { Module } from '../../module/module.js';
import { causalMask } from './attention.js';
import { ModuleList } from '../containers.js';
import { isModule } from '../../module/slots.js';
import {
  decoderLayerCall,
  layerOptions,
  normOf,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type DecoderLayerCall,
  type Mask,
  type TransformerLayerOptions,
} from './transformerLayers.js';

/** Options of `TransformerEncoder` and `TransformerDecoder`. */
export interface StackOptions {
  /** Applied to the output of the last layer. */
  readonly norm?: Module & { forward(x: Tensor): Tensor };
}

/** What a call of the encoder takes besides its sequence. */
export interface EncoderCall {
  /** `[time, time]`: true where a position may not look, or numbers to add to the scores. */
  readonly mask?: Mask;
  /** `[batch, source]`: true at positions that are padding. */
  readonly srcKeyPaddingMask?: Mask;
  /** Whether positions look at no later ones; the mask need not be given then. */
  readonly isCausal?: boolean;
}

/** Each layer has weights of its own: more do not fit anywhere. */
const someLayers = kinds.wholeBetween(0, 1024);
const aModule = kinds.kind<Module>('be a module', isModule);
const mask = kinds.orNull(kinds.tensor);

const stackOptions = defineOptions<StackOptions>({
  norm: kinds.orNull(aModule) as Kind<NonNullable<StackOptions['norm']>>,
});
const encoderCall = defineOptions<EncoderCall>({
  mask,
  srcKeyPaddingMask: mask,
  isCausal: kinds.flag,
});

/** `numLayers` copies of a layer, one after the other. PyTorch: `nn.TransformerEncoder`. */
export class TransformerEncoder extends Module {
  static override readonly inputs: readonly string[] = ['src'];

  /** The layers, one after the other. */
  readonly layers: ModuleList<TransformerEncoderLayer>;
  /** Applied to the output of the last layer; null for none. */
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

/** `numLayers` copies of a layer, each looking at the same memory. PyTorch: `nn.TransformerDecoder`. */
export class TransformerDecoder extends Module {
  static override readonly inputs: readonly string[] = ['tgt', 'memory'];

  /** The layers, one after the other. */
  readonly layers: ModuleList<TransformerDecoderLayer>;
  /** Applied to the output of the last layer; null for none. */
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
  /** Features of a position. Default 512. */
  readonly dModel?: number;
  /** Heads of the attention; they share the features evenly. Default 8. */
  readonly nhead?: number;
  /** Layers of the encoder. Default 6. */
  readonly numEncoderLayers?: number;
  /** Layers of the decoder. Default 6. */
  readonly numDecoderLayers?: number;
}

/** What a call of the transformer takes besides its two sequences. */
export interface TransformerCall extends DecoderLayerCall {
  /** `[source, source]`: true where a position may not look, or numbers to add to the scores. */
  readonly srcMask?: Mask;
  /** `[batch, source]`: true at positions that are padding. */
  readonly srcKeyPaddingMask?: Mask;
  /** Whether positions of the source look at no later ones. */
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
 * Encoder and decoder: `src [time, batch, features], tgt [time', batch, features] → [time', batch, features]`. Every
 * matrix starts xavier-uniform. PyTorch: `nn.Transformer`.
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

  /** −∞ above the diagonal: no position looks at a later one. */
  static generateSquareSubsequentMask(size: number): Tensor {
    return causalMask(checkArgument('generateSquareSubsequentMask', 'size', size, kinds.size));
  }
}

/** PyTorch copies the layer's values too: all layers start alike. */
function copies<M extends Module>(name: string, layer: M, n: number): ModuleList<M> {
  checkArgument(name, 'the layer', layer, aModule);
  checkArgument(name, 'numLayers', n, someLayers);
  return new ModuleList(Array.from({ length: n }, () => layer.clone()));
}
