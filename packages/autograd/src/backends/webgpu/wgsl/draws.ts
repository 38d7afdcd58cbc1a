/** @file Random numbers: a block of the generator for two numbers, or a stream for each number that is drawn by rejection. */
import type { RandomKernel } from '../../../engine/compile/operators.js';
import { sizeOf } from '../../../graph/shape.js';
import type { OperatorSite } from '../special.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';

/** The words `x` and `y` of a block after the offset; seed and offset are two words each, after their float. */
function blockOf(w: ShaderWriter, seed: string, offset: string, block: string): void {
  w.line(`let seed = ${seed}; let start = ${offset};`);
  w.line(
    `let lo = h[start + 1u] + ${block}; let hi = h[start + 2u] + select(0u, 1u, lo < ${block});`,
  );
  w.line(
    `let words = ${w.use('threefry')}(vec2<u32>(h[seed + 1u], h[seed + 2u]), vec2<u32>(lo, hi)); let x = words.x; let y = words.y;`,
  );
}

export function randomShader(k: RandomKernel): Shader {
  const w = new ShaderWriter();
  const [seed, offset] = k.inputs;
  blockOf(w, w.address(seed), w.address(offset), 'row');
  w.line(
    k.distribution === 'uniform'
      ? 'let u = f32(x >> 8u) / 16777216.0; let v = f32(y >> 8u) / 16777216.0;'
      : `let s = (f32(x) + 0.5) / 4294967296.0;
let near = 1.0 - s; var l = ${w.use('logf')}(s);
if (s > 0.5) { l = ${w.use('log1pf')}(-(f32(0xffffffffu - x) + 0.5) / 4294967296.0); }
let r = sqrt(-2.0 * l);
let turn = f32(y >> 8u) / 16777216.0 * 4.0; let quarter = round(turn);
let t = (f32(i32(y - (u32(quarter) << 30u))) / 4294967296.0) * 6.283185307179586;
let c = ${w.use('cosf')}(t); let z = ${w.use('sinf')}(t); let way = u32(quarter) & 3u;
let u = r * select(select(-c, z, way == 3u), select(c, -z, way == 1u), way < 2u);
let v = r * select(select(-z, -c, way == 3u), select(z, c, way == 1u), way < 2u);`,
  );
  const size = w.word(k.count);
  w.line(`let out = ${w.address(k.out)} + 2u * row;`);
  w.line(
    `h[out] = bitcast<u32>(u); if (2u * row + 1u < ${size}) { h[out + 1u] = bitcast<u32>(v); }`,
  );
  return w.threads(Math.ceil(k.count / 2));
}

/** Draws each element from its parameters by a function of the library; the examples of a vmap share their streams. */
export function drawShader({ attrs, inputs, out, shape }: OperatorSite, name: string): Shader {
  const w = new ShaderWriter();
  const [seed, offset, first, second = first] = inputs.map(({ place }) => place);
  w.line(`let element = row % ${w.word(Number(attrs['streams']))};`);
  blockOf(w, w.address(seed!), w.address(offset!), 'element');
  w.use('next');
  w.line('stream = words;');
  const parameter = (place: OperatorSite['out']): string =>
    `bitcast<f32>(h[${w.address(place)} + row])`;
  w.line(
    `h[${w.address(out)} + row] = bitcast<u32>(${w.use(name)}(${parameter(first!)}, ${parameter(second!)}));`,
  );
  return w.threads(sizeOf(shape));
}
