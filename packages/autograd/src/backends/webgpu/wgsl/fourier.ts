/**
 * @file Fourier transforms: one thread per frequency sums over its row, with the angle of each term exact as a fraction of a
 * turn.
 */
import type { FourierKernel } from '../../../engine/compile/operators.js';
import { number } from './functions/text.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';

export function fourierShader(kernel: Omit<FourierKernel, 'family'>): Shader {
  const { outer, length: n, inner, sign, scale, from, to, inputs, out } = kernel;
  const w = new ShaderWriter();
  const half = Math.floor(n / 2) + 1;
  const [given, made] = [from === 'half' ? half : n, to === 'half' ? half : n];
  w.line(`let n = ${w.word(n)}; let inner = ${w.word(inner)};`);
  w.line(`let given = ${w.word(given)}; let made = ${w.word(made)};`);
  w.line('let k = (row / inner) % made;');
  w.line('let base = (row / (inner * made)) * given * inner + row % inner;');
  const [x, y] = inputs.map((place) => w.address(place)) as [string, string | undefined];
  const width = from === 'real' || y !== undefined ? 1 : 2;
  w.line(`let x = ${x} + ${width}u * base; let step = ${width}u * inner;`);
  if (y !== undefined) w.line(`let y = ${y} + base;`);
  w.line(`let unit = ${number(2 * Math.PI * sign)} / f32(n);`);
  w.line('var re = 0.0; var im = 0.0; var lostRe = 0.0; var lostIm = 0.0; var turn = 0u;');
  w.line('for (var j = 0u; j < given; j++) {');
  // The turn j · k modulo n, from −n/2 to n/2.
  w.line('let t = unit * f32(select(i32(turn), i32(turn) - i32(n), 2u * turn > n));');
  // Elements that stand for their conjugates too count twice in the real sum.
  const twice = to === 'real' ? ' * select(2.0, 1.0, j == 0u || 2u * j == n)' : '';
  w.line(`let c = ${w.use('cosf')}(t)${twice}; let s = ${w.use('sinf')}(t)${twice};`);
  const second = y !== undefined ? 'h[y + j * step]' : 'h[x + j * step + 1u]';
  const imag = from === 'real' ? '0.0' : `bitcast<f32>(${second})`;
  w.line(`let a = bitcast<f32>(h[x + j * step]); let b = ${imag};`);
  w.line('let p = a * c - b * s - lostRe; let u = re + p; lostRe = (u - re) - p; re = u;');
  w.line('let q = a * s + b * c - lostIm; let v = im + q; lostIm = (v - im) - q; im = v;');
  w.line('turn = turn + k; if (turn >= n) { turn = turn - n; } }');
  w.line(`let scale = bitcast<f32>(${w.word(bitsOf(scale))});`);
  const o = w.address(out);
  if (to === 'real') w.line(`h[${o} + row] = bitcast<u32>(re * scale);`);
  else {
    w.line(`let o = ${o} + 2u * row;`);
    w.line('h[o] = bitcast<u32>(re * scale); h[o + 1u] = bitcast<u32>(im * scale);');
  }
  return w.threads(outer * inner * made);
}

function bitsOf(x: number): number {
  return new Uint32Array(Float32Array.of(x).buffer)[0]!;
}
