/** @file A convolution as a product of places and taps in tiles, whose operands are never assembled in memory. */
import type { ConvKernel } from '../../../../engine/compile/operators.js';
import type { BufferRef } from '../../../../engine/compile/bufferRef.js';
import { coordinates, product } from '../coordinates.js';
import { EpilogueWriter, type Epilogue } from '../epilogue.js';
import type { Parts } from '../parts.js';
import type { Shader } from '../shader.js';
import { ShaderWriter } from '../shaderWriter.js';
import { DEPTH, tiledShader, tileOf } from '../tiles.js';
import { names, productOf, sizesOf } from './sizes.js';
import { ConvText } from './text.js';

/** `to` is where the results are stored, or the epilogue that uses them. */
export function tiledConv(
  kernel: ConvKernel,
  parts: Parts | null,
  to: BufferRef | Epilogue,
): Shader {
  const w = new ShaderWriter();
  const { batch: N, groups: G, inChannels: C, outChannels: O, direction } = kernel;
  const { m, n, k } = productOf(kernel);
  const rank = kernel.size.length;
  const dims = kernel.size.map((_, d) => d);
  const [first, second] = kernel.inputs;
  const count = parts?.count ?? 1;
  const ofRows = {
    forward: [N, ...kernel.outSize],
    gradInput: [N, ...kernel.size],
    gradWeight: [C, ...kernel.window],
  }[direction];
  const ofSteps = {
    forward: [C, ...kernel.window],
    gradInput: [O, ...kernel.window],
    gradWeight: [N, ...kernel.outSize],
  }[direction];
  let text: ConvText;
  const all = (step: string): string => (parts === null ? step : `start + ${step}`);
  const rows = names('i', rank, 1);
  return tiledShader(w, tileOf(count * G, m, n), {
    batch: count * G,
    m,
    n,
    whole: (parts?.length ?? k) % DEPTH === 0 && k % DEPTH === 0,
    begin: () => {
      text = new ConvText(w, kernel);
      w.line(`let pa = ${w.address(first)}; let pb = ${w.address(second)};`);
      if ('buffer' in to) w.line(`let to = ${w.address(to)};`);
      coordinates(w, 't0', [count, G], 'g');
      if (parts === null) w.line(`let depth = ${w.word(k)};`);
      else {
        w.line(`let length = ${w.word(parts.length)}; let start = g0 * length;`);
        w.line(`let depth = min(length, ${w.word(k)} - start);`);
        w.line(`let result = to + g0 * ${w.word(product(sizesOf(kernel)))};`);
      }
      w.line(`let taps = ${w.word(product(kernel.window))};`);
      w.line(`let places = ${w.word(product(kernel.outSize))};`);
    },
    a: {
      stepsAlong: direction === 'gradWeight',
      vectorAt: null,
      row: (row, end) => {
        coordinates(w, row, ofRows, `i${end}_`);
        const at = names(`i${end}_`, rank, 1);
        const channel = `i${end}_0`;
        if (direction === 'gradWeight') w.line(`let c${end} = ${channel};`);
        else w.line(`let c${end} = ${text.channels(channel, 'g1', direction === 'forward')};`);
        for (const d of dims) w.line(`let o${d}${end} = ${text.rowPlace(d, at[d]!)};`);
      },
      step: (step) => {
        w.line(`let all = ${all(step)};`);
        coordinates(w, 'all', ofSteps, 'k');
        w.line(`let c = ${direction === 'gradWeight' ? text.channels('k0', 'g1', true) : 'k0'};`);
        for (const d of dims) w.line(`let s${d} = ${text.stepPlace(d, `k${1 + d}`)};`);
      },
      element: (_, end) => {
        for (const d of dims) text.place(d, `o${d}${end}`, `s${d}`);
        const at = text.flatPlace(`c${end} + c`, names('x', rank, 0));
        // Without a branch all reads are in flight at the same time.
        const isThere = dims.map((d) => `there${d}`).join(' & ');
        w.line(`let there = ${isThere};`);
        w.line(`v = select(0.0, bitcast<f32>(h[pa + select(0u, ${at}, there)]), there);`);
      },
    },
    b: {
      stepsAlong: true,
      vectorAt: null,
      row: (column, end) => {
        const at = {
          forward: `(g1 * ${text.o} + ${column}) * ${text.c} * taps`,
          gradInput: `${column} * taps`,
          gradWeight: `${column} * places`,
        }[direction];
        w.line(`let b${end} = pb + ${at};`);
      },
      step: (step) => {
        w.line(`let all = ${all(step)};`);
        const at = {
          forward: 'all',
          gradInput: `(g1 * ${text.o} + all / taps) * ${text.c} * taps + all % taps`,
          gradWeight: `${text.channels('(all / places)', 'g1', false)} * places + all % places`,
        }[direction];
        w.line(`let stepAt = ${at};`);
      },
      element: (_, end) => w.line(`v = bitcast<f32>(h[b${end} + stepAt]);`),
    },
    rolled: !('buffer' in to),
    store: (row, column, values) => {
      coordinates(w, row, ofRows, 'i');
      const place = (column: string): string =>
        ({
          forward: () => text.y('i0', 'g1', column, ...rows),
          gradInput: () => text.x('i0', 'g1', column, ...rows),
          gradWeight: () => text.weight('g1', column, 'i0', ...rows),
        })[direction]();
      if (!('buffer' in to)) {
        w.line(`let results = ${values};`);
        w.line(`for (var i = 0u; i < min(4u, n - min(n, ${column})); i++) {`);
        w.line(`let result = results[i]; let flat = ${place(`(${column} + i)`)};`);
        new EpilogueWriter(w, to).each('flat');
        return w.line('}');
      }
      for (let i = 0; i < 4; i++) {
        const to = `${parts === null ? 'to' : 'result'} + ${place(`(${column} + ${i}u)`)}`;
        w.line(`if (${column} + ${i}u < n) { h[${to}] = bitcast<u32>(${values}[${i}]); }`);
      }
    },
  });
}
