/** @file The inputs and outputs of a model: names, element types and shapes, as the file states them. */
import { FormatError } from '@chainrule/autograd';
import { elementTypeOf, type ElementType } from '../schema/elementTypes.js';
import type { TypeProto, ValueInfoProto } from '../schema/protos.js';

/** An input or output of a model. */
export interface OnnxSpec {
  /** Its name in the file. */
  readonly name: string;
  /** The kind of value: a tensor, or what ONNX calls a sequence, a map or an optional. */
  readonly kind: 'tensor' | 'sequence' | 'map' | 'optional';
  /**
   * The element type in the file (for a sequence, map or optional, that of its contents); null if the file does not state it.
   */
  readonly type: ElementType | null;
  /** Sizes; a name for a size that is chosen at each call, null for one without a name. Null if the file states no shape. */
  readonly shape: readonly (number | string | null)[] | null;
}

export function readSpec({ name = '', type }: ValueInfoProto, what: string): OnnxSpec {
  if (name === '') throw new FormatError(`importOnnx: ${what} has no name`);
  const kind =
    type?.sequence !== undefined
      ? 'sequence'
      : type?.map !== undefined
        ? 'map'
        : type?.optional !== undefined
          ? 'optional'
          : 'tensor';
  const tensor = innermost(type)?.tensor;
  return {
    name,
    kind,
    type: elementTypeOf(tensor?.elementType),
    shape:
      tensor?.shape?.dim.map(({ value, name }) => value ?? (name === '' ? null : (name ?? null))) ??
      null,
  };
}

function innermost(type: TypeProto | undefined): TypeProto | undefined {
  const inner = type?.sequence?.elementType ?? type?.optional?.elementType ?? type?.map?.valueType;
  return inner === undefined ? type : innermost(inner);
}
