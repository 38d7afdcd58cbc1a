/** @file float32 numbers as the bytes of float16 or bfloat16. */
import { tensor } from '@chainrule/autograd';
import { encodeSafetensors } from '@chainrule/autograd/io';

/** Ties to even. @throws {FormatError} for a number beyond the range of the type. */
export function halfBytes(data: Float32Array, floats: 'float16' | 'bfloat16'): Uint8Array {
  const file = encodeSafetensors({ data: tensor(data) }, {}, { floats });
  // The numbers are the end of the file.
  return file.slice(file.length - 2 * data.length);
}
