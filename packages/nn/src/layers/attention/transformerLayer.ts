/** @file The common part of transformer layers: their options, self-attention and the feed-forward block. */
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
import type { Dropout } from '../dropout.js';
import { LayerNorm } from '../normalization/layerNorm.js';
import type { Linear } from '../linear/linear.js';

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

/** A mask among the options of a call. */
export const mask: Kind<Tensor | null> = kinds.orNull(kinds.tensor);

/** What encoder and decoder layers share: self-attention and a feed-forward block, each with a residual connection. */
export abstract class TransformerLayer extends Module {
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

/** Attention with these options. */
export function attentionOf(
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

/** The options of a linear layer. */
export function linearOptions({
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
