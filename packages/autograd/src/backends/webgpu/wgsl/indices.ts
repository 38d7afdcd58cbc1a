/**
 * @file Elements at positions given by an index. Writes are deterministic: points that may coincide, which are those along
 * which the table does not advance, are taken in order by one thread.
 */
import type { LoopKernel } from '../../../engine/compile/kernel.js';
import type { IndexKernel } from '../../../engine/compile/operators.js';
import { fold } from './elements.js';
import { loopShader } from './loop.js';
import { coordinates, offsetOf, product } from './coordinates.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';
import { load, store } from './values.js';

export function indexShaders(k: IndexKernel): Shader[] {
  return k.mode === 'gather' ? [write(k)] : [loopShader(startOf(k)), write(k)];
}

/** How written elements are combined with those at their positions. */
const FOLDS = { add: 'sum', mul: 'prod', max: 'max', min: 'min' } as const;

/** The table before anything is written to it. */
function startOf({ start, out, tableSize, inputs }: IndexKernel): LoopKernel {
  const { dtype } = out;
  const from = inputs[0]!;
  return {
    kind: 'loop',
    outer: [tableSize],
    inner: [],
    inputs: start === null ? [{ ...from, strides: [1] }] : [],
    body: [
      start === null ? { kind: 'load', input: 0, dtype } : { kind: 'const', value: start, dtype },
    ],
    outputs: [{ ...out, strides: [1], value: 0 }],
  };
}

function write(k: IndexKernel): Shader {
  const w = new ShaderWriter();
  const { mode, space, out } = k;
  const skip = mode !== 'gather' && k.start === null ? 1 : 0;
  const serial = (d: number): boolean =>
    mode !== 'gather' && mode !== 'mark' && k.table[d] === 0 && space[d]! > 1;
  const dims = space.map((_, d) => d);
  const free = dims.filter((d) => !serial(d));
  const bound = dims.filter(serial);
  const pick = (xs: readonly number[], of: readonly number[]): number[] => of.map((d) => xs[d]!);
  const offset = (strides: readonly number[]): string =>
    offsetOf(w, pick(strides, free), 'i') + offsetOf(w, pick(strides, bound), 'j');
  const index = k.inputs[mode === 'gather' ? 1 : skip]!;
  coordinates(w, 'row', pick(space, free), 'i');
  const count = product(pick(space, bound));
  w.line(`let limit = bitcast<i32>(${w.word(k.limit)});`);
  w.line(`for (var q = 0u; q < ${w.word(count)}; q++) {`);
  coordinates(w, 'q', pick(space, bound), 'j');
  const place = offset(k.index);
  w.line(`let at = bitcast<i32>(h[${w.address(index)}${place}]);`);
  const refused = w.refuse(`0u${place}`, { kind: 'index', place: index, limit: k.limit });
  w.line(`if (at < 0 || at >= limit) { ${refused} continue; }`);
  const moved = `${offset(k.table)} + u32(at) * ${w.word(k.step)}`;
  if (mode === 'gather') {
    w.line(`h[${w.address(out)}${offset(k.other)}] = h[${w.address(k.inputs[0]!)}${moved}];`);
  } else {
    w.line(`let to = ${w.address(out)}${moved};`);
    if (mode === 'mark') {
      w.line(
        store(
          out.dtype,
          'to',
          out.dtype === 'float32' ? '1.0' : out.dtype === 'bool' ? 'true' : '1',
        ),
      );
    } else {
      const other = `${w.address(k.inputs[skip + 1]!)}${offset(k.other)}`;
      if (mode === 'set') w.line(`h[to] = h[${other}];`);
      else {
        const [x, y] = [load(out.dtype, 'to'), load(out.dtype, other)];
        w.line(store(out.dtype, 'to', fold(w, FOLDS[mode], out.dtype, x, y)));
      }
    }
  }
  w.line('}');
  return w.threads(product(pick(space, free)));
}
