/** @file The common part of pooling layers: options that are kept and shown. */
import { checkArgument, kinds, type AvgPoolOptions, type OptionTable } from '@chainrule/autograd';
import { optionsReader, layerOptions, type AnyReader } from '../layerOptions.js';
import type { PerDim } from '../convolution/spatial.js';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';

const sizes = kinds.oneOrMore(kinds.count);

/** The kinds of the options that all pooling windows have. */
export const windowKinds: OptionTable<Pick<AvgPoolOptions, 'stride' | 'padding' | 'ceilMode'>> = {
  stride: kinds.orNull(sizes),
  padding: kinds.oneOrMore(kinds.size),
  ceilMode: kinds.flag,
};

/** Windows of a size, with the options of a function. */
export abstract class Pooling<O extends object> extends Module {
  static override readonly inputs: readonly string[] = ['x'];
  protected static readonly reader: AnyReader = optionsReader({});

  /** The size of the window along each dimension. */
  readonly kernelSize: PerDim;
  /** The options it was made with. */
  readonly options: O;

  constructor(kernelSize: PerDim, options?: O) {
    super();
    this.kernelSize = checkArgument(new.target.name, 'kernelSize', kernelSize, sizes);
    this.options = layerOptions(new.target, options);
  }

  override extraRepr(): string {
    return show({ kernelSize: this.kernelSize, ...this.options });
  }
}
