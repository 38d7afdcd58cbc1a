/** @file Options that a layer keeps for its function: each class says which there are, the base class reads them. */
import {
  byPosition,
  defineOptions,
  kinds,
  type OptionsReader,
  type OptionTable,
} from '@chainrule/autograd';

/** A reader of whatever options: what a class has as its static `reader`. */
export type AnyReader = OptionsReader<never>;

/** The reader of these options. */
export function keeps<O extends object>(table: OptionTable<O>): AnyReader {
  return defineOptions(table) as unknown as AnyReader;
}

/** What was given as the options of a layer, checked with the `reader` of its class. */
export function keptOptions<O extends object>(layer: object, given: O | undefined): O {
  const { reader, name } = layer as { readonly reader: OptionsReader<O>; readonly name: string };
  return reader(name, given);
}

/** A dimension, the last one if left out. */
export interface DimOption {
  readonly dim?: number;
}

/** Reads it, also by position. */
export const dimOption: (name: string, ...given: readonly unknown[]) => DimOption = byPosition(
  defineOptions<DimOption>({ dim: kinds.dim }),
  'dim',
);
