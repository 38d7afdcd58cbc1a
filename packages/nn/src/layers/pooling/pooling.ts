/** @file What pooling layers have in common: options that are kept, and shown. */
import type { PerDim } from '../spatial.js';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';

/** Windows of a size, with the options of a function. */
export abstract class Pooling<O extends object> extends Module {
  readonly kernelSize: PerDim;
  readonly options: O;

  constructor(kernelSize: PerDim, options: O = {} as O) {
    super();
    this.kernelSize = kernelSize;
    this.options = options;
  }

  override extraRepr(): string {
    return show({ kernelSize: this.kernelSize, ...this.options });
  }
}
