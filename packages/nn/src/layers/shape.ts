/** @file Layers that only rearrange, resample or compare. */
import {
  cosineSimilarity,
  flatten,
  interpolate,
  pixelShuffle,
  unflatten,
  type Flattened,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { options as show } from '../module/repr.js';

/** Merges the dimensions from `startDim` to `endDim`; by default all but the batch. PyTorch: `nn.Flatten`. */
export class Flatten<From extends number = 1, To extends number = -1> extends Module {
  readonly startDim: From;
  readonly endDim: To;

  constructor({
    startDim = 1 as From,
    endDim = -1 as To,
  }: { readonly startDim?: From; readonly endDim?: To } = {}) {
    super();
    this.startDim = startDim;
    this.endDim = endDim;
  }

  override forward<S extends Shape>(x: Tensor<S>): Tensor<Flattened<S, From, To>> {
    return flatten(x, this.startDim, this.endDim);
  }

  override extraRepr(): string {
    return show({ startDim: this.startDim, endDim: this.endDim });
  }
}

/** Splits dimension `dim` into `sizes`. PyTorch: `nn.Unflatten`. */
export class Unflatten extends Module {
  readonly dim: number;
  readonly unflattenedSize: readonly number[];

  constructor(dim: number, unflattenedSize: readonly number[]) {
    super();
    this.dim = dim;
    this.unflattenedSize = unflattenedSize;
  }

  override forward(x: Tensor): Tensor {
    return unflatten(x, this.dim, this.unflattenedSize);
  }

  override extraRepr(): string {
    return show({ dim: this.dim, unflattenedSize: this.unflattenedSize });
  }
}

export interface UpsampleOptions {
  readonly size?: number | readonly number[];
  readonly scaleFactor?: number | readonly number[];
  readonly mode?: 'nearest' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear';
  readonly alignCorners?: boolean;
}

/** Resizes `[batch, channels, …size]` to a size, or by a factor. PyTorch: `nn.Upsample`. */
export class Upsample extends Module {
  readonly options: UpsampleOptions;

  constructor(options: UpsampleOptions) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }

  override extraRepr(): string {
    return show(this.options as Record<string, unknown>);
  }
}

/** `[…, c · r², h, w] → […, c, h · r, w · r]` (Shi et al. 2016). PyTorch: `nn.PixelShuffle`. */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;

  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = upscaleFactor;
  }

  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }

  override extraRepr(): string {
    return show({ upscaleFactor: this.upscaleFactor });
  }
}

/** `x1 · x2 / max(‖x1‖ ‖x2‖, eps)` along `dim`. PyTorch: `nn.CosineSimilarity`. */
export class CosineSimilarity extends Module {
  readonly options: { readonly dim?: number; readonly eps?: number };

  constructor(options: { readonly dim?: number; readonly eps?: number } = {}) {
    super();
    this.options = options;
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this.options);
  }
}
