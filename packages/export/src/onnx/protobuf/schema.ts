/** @file Messages of protobuf, described once for reading and writing: a number and a type for each field. */

/** How a single number or text is laid out. 64-bit integers are JavaScript numbers: exact up to 2^53. */
export type Scalar = 'int' | 'float' | 'double' | 'text' | 'bytes';

/** A field with one value, with many, or with messages of its own. `packed` numbers stand in one run of bytes. */
export type Field =
  | { readonly number: number; readonly type: Scalar; readonly repeated: boolean }
  | {
      readonly number: number;
      readonly type: 'message';
      readonly repeated: boolean;
      /** A function, as messages may hold themselves. */
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

/** The two low bits beside a field's number: how its bytes are laid out. */
export const WIRE = { varint: 0, fixed64: 1, length: 2, fixed32: 5 } as const;

/** The layout of one value of each type. */
export const WIRE_OF: Readonly<Record<Field['type'], number>> = {
  int: WIRE.varint,
  float: WIRE.fixed32,
  double: WIRE.fixed64,
  text: WIRE.length,
  bytes: WIRE.length,
  message: WIRE.length,
};
