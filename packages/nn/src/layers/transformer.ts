/** @file Stacks of transformer layers, and the whole transformer (Vaswani et al. 2017). */
import { ShapeError, type Tensor } from '@chainrule/autograd';
import * as init from '../init.js';
import { Module } from '../module/module.js';
import { causalMask } from './attention.js';
import { ModuleList } from './containers.js';
import {
  normOf,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type DecoderLayerCall,
  type Mask,
  type TransformerLayerOptions,
} from './transformerLayers.js';

export interface StackOptions {
  /** Applied to the output of the last layer. */
  readonly norm?: Module & { forward(x: Tensor): Tensor };
}

export interface EncoderCall {
  readonly mask?: Mask;
  readonly srcKeyPaddingMask?: Mask;
  readonly isCausal?: boolean;
}

/** `numLayers` copies of a layer, one after the other. PyTorch: `nn.TransformerEncoder`. */
export class TransformerEncoder extends Module {
  readonly layers: ModuleList<TransformerEncoderLayer>;
  readonly norm: StackOptions['norm'] | null;

  constructor(
    encoderLayer: TransformerEncoderLayer,
    numLayers: number,
    { norm }: StackOptions = {},
  ) {
    super();
    this.layers = copies(encoderLayer, numLayers);
    this.norm = norm ?? null;
  }

  override forward(
    src: Tensor,
    { mask, srcKeyPaddingMask, isCausal = false }: EncoderCall = {},
  ): Tensor {
    let x = src;
    for (const layer of this.layers)
      x = layer.forward(x, { srcMask: mask, srcKeyPaddingMask, isCausal });
    return this.norm?.forward(x) ?? x;
  }
}

/** `numLayers` copies of a layer, each looking at the same memory. PyTorch: `nn.TransformerDecoder`. */
export class TransformerDecoder extends Module {
  readonly layers: ModuleList<TransformerDecoderLayer>;
  readonly norm: StackOptions['norm'] | null;

  constructor(
    decoderLayer: TransformerDecoderLayer,
    numLayers: number,
    { norm }: StackOptions = {},
  ) {
    super();
    this.layers = copies(decoderLayer, numLayers);
    this.norm = norm ?? null;
  }

  override forward(tgt: Tensor, memory: Tensor, call: DecoderLayerCall = {}): Tensor {
    let x = tgt;
    for (const layer of this.layers) x = layer.forward(x, memory, call);
    return this.norm?.forward(x) ?? x;
  }
}

export interface TransformerOptions extends TransformerLayerOptions {
  readonly dModel?: number;
  readonly nhead?: number;
  readonly numEncoderLayers?: number;
  readonly numDecoderLayers?: number;
}

export interface TransformerCall extends DecoderLayerCall {
  readonly srcMask?: Mask;
  readonly srcKeyPaddingMask?: Mask;
  readonly srcIsCausal?: boolean;
}

/**
 * Encoder and decoder: `src [time, batch, features], tgt [time', batch, features] → [time', batch, features]`. Every
 * matrix starts xavier-uniform. PyTorch: `nn.Transformer`.
 */
export class Transformer extends Module {
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;
  private readonly batchFirst: boolean;

  constructor(options: TransformerOptions = {}) {
    super();
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

  override forward(src: Tensor, tgt: Tensor, call: TransformerCall = {}): Tensor {
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
    return causalMask(size);
  }
}

/** PyTorch copies the layer's values too: all layers start alike. */
function copies<M extends Module>(layer: M, n: number): ModuleList<M> {
  return new ModuleList(Array.from({ length: n }, () => layer.clone()));
}
