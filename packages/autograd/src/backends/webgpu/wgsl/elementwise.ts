/** @file Kernels over the elements of a tensor that no loop of the engine writes. */
import { sizeOf } from '../../../graph/shape.js';
import type { OperatorSite } from '../special.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';
import { load, store } from './values.js';

/** A copy that refuses elements outside of two bounds. */
export function boundedShader({ inputs, out, shape }: OperatorSite): Shader {
  const w = new ShaderWriter();
  const [x, low, high] = inputs.map(({ place }) => place) as [
    OperatorSite['out'],
    OperatorSite['out'],
    OperatorSite['out'],
  ];
  w.line(`let v = ${load(x.dtype, `${w.address(x)} + row`)};`);
  const bounds = [low, high].map((place) => load(place.dtype, w.address(place)));
  const refused = w.refuse('row', { kind: 'between', place: x, limit: 0 });
  const nan = x.dtype === 'float32' ? `${w.use('isnan')}(v) || ` : '';
  w.line(`if (${nan}v < ${bounds[0]!} || v > ${bounds[1]!}) { ${refused} return; }`);
  w.line(store(out.dtype, `${w.address(out)} + row`, 'v'));
  return w.threads(sizeOf(shape));
}

/** A function of an order, which is an attribute, and of each element. */
export function familyShader({ attrs, inputs, out, shape }: OperatorSite, name: string): Shader {
  const w = new ShaderWriter();
  const x = load('float32', `${w.address(inputs[0]!.place)} + row`);
  const y = `${w.use(name)}(${w.word(Number(attrs['order'] ?? 0))}, ${x})`;
  w.line(store('float32', `${w.address(out)} + row`, y));
  return w.threads(sizeOf(shape));
}
