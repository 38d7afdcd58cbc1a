/** @file Values of every dtype in WGSL: their types, their form in the heap, and constants. */
import type { DType } from '../../../graph/dtype.js';
import { number } from './functions/text.js';
import type { ShaderWriter } from './shaderWriter.js';

const TYPES: Readonly<Record<DType, string>> = {
  float32: 'f32',
  // A number from the host, rounded.
  float64: 'f32',
  int32: 'i32',
  bool: 'bool',
};

export function typeOf(dtype: DType): string {
  return TYPES[dtype];
}

/** The element at an address, in its type. */
export function load(dtype: DType, at: string): string {
  return fromWord(dtype, `h[${at}]`);
}

export function store(dtype: DType, at: string, x: string): string {
  return `h[${at}] = ${toWord(dtype, x)};`;
}

/** Converts a word of the heap to a value. */
export function fromWord(dtype: DType, word: string): string {
  if (dtype === 'bool') return `(${word} != 0u)`;
  return dtype === 'int32' ? `bitcast<i32>(${word})` : `bitcast<f32>(${word})`;
}

/** Converts a value to a word of the heap. */
export function toWord(dtype: DType, x: string): string {
  return dtype === 'bool' ? `select(0u, 1u, ${x})` : `bitcast<u32>(${x})`;
}

/** A number as a constant of a type. */
export function literal(w: ShaderWriter, x: number, dtype: DType): string {
  if (dtype === 'bool') return x !== 0 ? 'true' : 'false';
  if (dtype === 'int32') return x === -2147483648 ? '(-2147483647 - 1)' : `i32(${Math.trunc(x)})`;
  const y = Math.fround(x);
  if (Number.isNaN(y)) return `${w.use('nan')}()`;
  if (Math.abs(y) === Infinity) return y > 0 ? `${w.use('inf')}()` : `(-${w.use('inf')}())`;
  if (Object.is(y, -0)) return 'bitcast<f32>(0x80000000u)';
  return number(y);
}
