/** @file Sliding windows, unfolded and added up again. */
import { sizeOf } from '../../../graph/shape.js';
import type { OperatorSite } from '../special.js';
import { coordinates } from './coordinates.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';

/** The geometry of the windows, see `ops/neural/convolution/slide.ts`. */
export interface Sliding {
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padLow: readonly number[];
  readonly dilation: readonly number[];
}

const signed = (w: ShaderWriter, x: number): string => `bitcast<i32>(${w.word(x)})`;

/** One thread per tap: the element that it covers, or 0 in the padding. */
export function unfoldShader(
  { inputs, out, shape }: OperatorSite,
  { size, stride, padLow, dilation }: Sliding,
): Shader {
  const w = new ShaderWriter();
  const rank = size.length;
  const planes = shape[0]! * shape[1]!;
  coordinates(w, 'row', [planes, ...shape.slice(2)], 'i');
  w.line('var inside = true; var at = i0;');
  for (let d = 0; d < rank; d++) {
    const place = `i32(i${1 + rank + d}) * ${signed(w, stride[d]!)} - ${signed(w, padLow[d]!)} + i32(i${1 + d}) * ${signed(w, dilation[d]!)}`;
    const n = w.word(size[d]!);
    w.line(`let q${d} = ${place}; inside = inside && q${d} >= 0 && q${d} < i32(${n});`);
    w.line(`at = at * ${n} + u32(q${d});`);
  }
  w.line(`var v = 0u; if (inside) { v = h[${w.address(inputs[0]!.place)} + at]; }`);
  w.line(`h[${w.address(out)} + row] = v;`);
  return w.threads(sizeOf(shape));
}

/** One thread per element: the sum of the taps that cover it. */
export function foldShader(
  { inputs, out, shape }: OperatorSite,
  { size, kernel, stride, padLow, dilation }: Sliding,
): Shader {
  const w = new ShaderWriter();
  const rank = size.length;
  const places = inputs[0]!.shape.slice(2 + rank);
  coordinates(w, 'row', [shape[0]! * shape[1]!, ...size], 'i');
  w.line('var acc = 0.0;');
  for (let d = 0; d < rank; d++) {
    w.line(`for (var t${d} = 0u; t${d} < ${w.word(kernel[d]!)}; t${d}++) {`);
    const s = signed(w, stride[d]!);
    w.line(
      `let q${d} = i32(i${1 + d}) + ${signed(w, padLow[d]!)} - i32(t${d}) * ${signed(w, dilation[d]!)};`,
    );
    w.line(
      `if (q${d} < 0 || q${d} % ${s} != 0 || q${d} / ${s} >= i32(${w.word(places[d]!)})) { continue; }`,
    );
    w.line(`let o${d} = u32(q${d} / ${s});`);
  }
  let at = 'i0';
  for (let d = 0; d < rank; d++) at = `(${at}) * ${w.word(kernel[d]!)} + t${d}`;
  for (let d = 0; d < rank; d++) at = `(${at}) * ${w.word(places[d]!)} + o${d}`;
  w.line(`acc += bitcast<f32>(h[${w.address(inputs[0]!.place)} + ${at}]);`);
  w.line('}'.repeat(rank));
  w.line(`h[${w.address(out)} + row] = bitcast<u32>(acc);`);
  return w.threads(sizeOf(shape));
}
