/** @file Options that a layer keeps and passes to its function: each class declares them, the base class reads them. */
import {
  byPosition,
  defineOptions,
  kinds,
  type OptionsReader,
  type OptionTable,
} from '@chainrule/autograd';

/** A reader of any options: the static `reader` of a class. */
export type AnyReader = OptionsReader<never>;

/** A reader of these options. */
export function optionsReader<O extends object>(table: OptionTable<O>): AnyReader {
  return defineOptions(table) as unknown as AnyReader;
}

/** The options given to a layer, checked by the `reader` of its class. */
export function layerOptions<O extends object>(layer: object, given: O | undefined): O {
  const { reader, name } = layer as { readonly reader: OptionsReader<O>; readonly name: string };
  return reader(name, given);
}

/** A dimension. Default: the last one. */
export interface DimOption {
  readonly dim?: number;
}

/** Reads it from an options object or by position. */
export const dimOption: (name: string, ...given: readonly unknown[]) => DimOption = byPosition(
  defineOptions<DimOption>({ dim: kinds.dim }),
  'dim',
);
