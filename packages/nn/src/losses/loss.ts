/** @file The base of losses as modules: the options of their function, and class weights as part of their state. */
import type { Cell, Tensor } from '@chainrule/autograd';
import { layerOptions, type AnyReader } from '../layers/layerOptions.js';
import { Module } from '../module/module.js';
import { options as show } from '../module/repr.js';
import * as read from './readers.js';

/** A loss that keeps its options. */
export abstract class Loss<O extends object> extends Module {
  /** Reads the options when the loss is made; subclasses may accept more than the common ones. */
  protected static readonly reader: AnyReader = read.lossOptions as unknown as AnyReader;

  protected readonly options: O;

  constructor(options?: O) {
    super();
    this.options = layerOptions(new.target, options);
  }

  override extraRepr(): string {
    const plain = Object.entries(this.options).filter(
      ([, value]) => value !== undefined && typeof value !== 'object',
    );
    return show(Object.fromEntries(plain));
  }
}

/** A loss with class weights, which are part of its state. */
export abstract class WeightedLoss<
  O extends { readonly weight?: Tensor | null | undefined },
> extends Loss<O> {
  /** The weight of each class; null for none. */
  readonly weight: Cell | null;

  constructor(options?: O) {
    super(options);
    this.weight = this.registerBuffer('weight', this.options.weight ?? null);
  }
}
