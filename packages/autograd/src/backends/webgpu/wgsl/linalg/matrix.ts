/** @file How elements of matrices of `n` columns are read and written in the heap. */

export const at = (name: string, r: string, c: string, columns = 'n'): string =>
  `h[${name} + (${r}) * ${columns} + (${c})]`;

export const read = (name: string, r: string, c: string, columns = 'n'): string =>
  `bitcast<f32>(${at(name, r, c, columns)})`;

export const write = (name: string, r: string, c: string, x: string, columns = 'n'): string =>
  `${at(name, r, c, columns)} = bitcast<u32>(${x});`;
