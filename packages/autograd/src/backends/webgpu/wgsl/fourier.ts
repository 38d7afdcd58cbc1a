/** @file Fourier transforms: a thread a frequency sums over its row, with the turn of each term exact as a fraction. */
import { sizeOf } from '../../../graph/shape.js';
import type { Site } from '../special.js';
import { number } from './functions/text.js';
import { ShaderWriter, type Shader } from './text.js';

export function fourierShader({ attrs, inputs, out, shape }: Site): Shader {
  const w = new ShaderWriter();
  const dim = Number(attrs['dim']);
  const n = shape[dim]!;
  w.line(`let n = ${w.word(n)}; let inner = ${w.word(sizeOf(shape.slice(dim + 1, -1)))};`);
  w.line('let k = (row / inner) % n;');
  w.line('let base = (row / (inner * n)) * n * inner + row % inner;');
  w.line(`let x = ${w.address(inputs[0]!.place)} + 2u * base; let step = 2u * inner;`);
  w.line(`let unit = ${number(2 * Math.PI * Number(attrs['sign']))} / f32(n);`);
  w.line('var re = 0.0; var im = 0.0; var lostRe = 0.0; var lostIm = 0.0; var turn = 0u;');
  w.line('for (var j = 0u; j < n; j++) {');
  // The turn j · k modulo n, from −n/2 to n/2.
  w.line('let t = unit * f32(select(i32(turn), i32(turn) - i32(n), 2u * turn > n));');
  w.line(`let c = ${w.use('cosf')}(t); let s = ${w.use('sinf')}(t);`);
  w.line('let a = bitcast<f32>(h[x + j * step]); let b = bitcast<f32>(h[x + j * step + 1u]);');
  w.line('let p = a * c - b * s - lostRe; let u = re + p; lostRe = (u - re) - p; re = u;');
  w.line('let q = a * s + b * c - lostIm; let v = im + q; lostIm = (v - im) - q; im = v;');
  w.line('turn = turn + k; if (turn >= n) { turn = turn - n; } }');
  w.line(`let scale = bitcast<f32>(${w.word(bitsOf(Number(attrs['scale'])))});`);
  w.line(`let o = ${w.address(out)} + 2u * row;`);
  w.line('h[o] = bitcast<u32>(re * scale); h[o + 1u] = bitcast<u32>(im * scale);');
  return w.threads(sizeOf(shape) / 2);
}

function bitsOf(x: number): number {
  return new Uint32Array(Float32Array.of(x).buffer)[0]!;
}
