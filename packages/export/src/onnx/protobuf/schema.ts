/** @file Describes protobuf messages for both reading and writing: a number and a type for each field. */

/** The encoding of a number or string. 64-bit integers are JavaScript numbers: exact up to 2^53. */
export type Scalar = 'int' | 'float' | 'double' | 'text' | 'bytes';

/** A field with one value or many, or with messages of its own. `packed` numbers share one run of bytes. */
export type Field =
  | { readonly number: number; readonly type: Scalar; readonly repeated: boolean }
  | {
      readonly number: number;
      readonly type: 'message';
      readonly repeated: boolean;
      /** A function, because messages may contain themselves. */
      readonly schema: () => Schema<object>;
    };

/** A message: its name in errors, and its fields by the names they have in `T`. */
export interface Schema<T extends object> {
  readonly name: string;
  readonly fields: { readonly [K in keyof T]-?: Field };
}

export function one(number: number, type: Scalar): Field {
  return { number, type, repeated: false };
}

export function many(number: number, type: Scalar): Field {
  return { number, type, repeated: true };
}

export function message<T extends object>(number: number, schema: () => Schema<T>): Field {
  return { number, type: 'message', repeated: false, schema };
}

export function messages<T extends object>(number: number, schema: () => Schema<T>): Field {
  return { number, type: 'message', repeated: true, schema };
}

/** The lowest bits of a field's key, which say how its bytes are encoded. */
export const WIRE = { varint: 0, fixed64: 1, length: 2, fixed32: 5 } as const;

/** The encoding of a value of each type. */
export const WIRE_OF: Readonly<Record<Field['type'], number>> = {
  int: WIRE.varint,
  float: WIRE.fixed32,
  double: WIRE.fixed64,
  text: WIRE.length,
  bytes: WIRE.length,
  message: WIRE.length,
};
