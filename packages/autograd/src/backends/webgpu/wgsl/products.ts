/** @file Matrix products. Each result is summed over k in order. */
import type { MatmulKernel } from '../../../engine/compile/kernel.js';
import { coordinates, offsetOf, product } from './coordinates.js';
import { EpilogueWriter, storesVectors, type Epilogue } from './epilogue.js';
import type { Parts } from './parts.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';
import { load, store, typeOf } from './values.js';
import { DEPTH, tiledShader, tileOf, type Operand } from './tiles.js';

/** Whether a product has enough rows and columns for tiles. */
export function fillsTiles({ out, m, n, k }: MatmulKernel): boolean {
  return out.dtype === 'float32' && m >= 8 && n >= 8 && k >= 8;
}

/** How a product is to be computed. */
export interface ProductVariant {
  /** Whether a buffer begins at a multiple of four words, so that vectors may start there. */
  readonly startsVector: (buffer: number) => boolean;
  /** If given, the first dimension of the batch counts these parts of the inner dimension. */
  readonly parts?: Parts;
  /** Computed from the results, which are then not stored. */
  readonly epilogue?: Epilogue | null;
}

/** A matrix product: tiles of results with some steps of k in workgroup memory at a time, or one thread per result. */
export function matmulShader(k: MatmulKernel, manner: ProductVariant): Shader {
  return fillsTiles(k) ? tiled(k, manner) : plain(k, manner);
}

/** Defines `depth`, the number of steps of k in the current part, or in all. */
function inParts(
  w: ShaderWriter,
  k: MatmulKernel,
  parts: ProductVariant['parts'],
  part: string,
): void {
  w.line(
    parts === undefined
      ? `let depth = ${w.word(k.k)};`
      : `let depth = min(${w.word(parts.length)}, ${w.word(k.k)} - ${part} * ${w.word(parts.length)});`,
  );
}

function plain(k: MatmulKernel, { parts, epilogue = null }: ProductVariant): Shader {
  const w = new ShaderWriter();
  const { dtype } = k.out;
  const type = dtype === 'bool' ? 'i32' : typeOf(dtype);
  const rank = k.batch.length;
  coordinates(w, 'row', [...k.batch, k.m, k.n], 'i');
  const [a, b, out] = [k.a, k.b, k.out];
  w.line(
    `var x = ${w.address(a)}${offsetOf(w, [...a.strides.slice(0, rank), a.strides[rank]!, 0], 'i')};`,
  );
  w.line(
    `var y = ${w.address(b)}${offsetOf(w, [...b.strides.slice(0, rank), 0, b.strides[rank + 1]!], 'i')};`,
  );
  w.line(`let dx = ${w.word(a.strides[rank + 1]!)}; let dy = ${w.word(b.strides[rank]!)};`);
  inParts(w, k, parts, 'i0');
  w.line(`var acc: ${type} = ${type === 'f32' ? '0.0' : '0'};`);
  const element = (at: string): string =>
    dtype === 'bool' ? `select(0, 1, ${load('bool', at)})` : load(dtype, at);
  const step = `acc = ${type === 'f32' ? `fma(${element('x')}, ${element('y')}, acc)` : `acc + ${element('x')} * ${element('y')}`};`;
  w.line(`for (var q = 0u; q < depth; q++) { ${step} x = x + dx; y = y + dy; }`);
  if (epilogue !== null) {
    w.line('let result = acc;');
    new EpilogueWriter(w, epilogue).each('row');
  } else {
    const to = `${w.address(out)}${offsetOf(w, out.strides, 'i')}`;
    w.line(store(dtype, to, dtype === 'bool' ? '(acc != 0)' : 'acc'));
  }
  return w.threads(product(k.batch) * k.m * k.n);
}

/** Whether a matrix may be read, or written, in vectors of four elements along one of its dimensions. */
function inVectors(
  { offset, strides }: MatmulKernel['a'],
  rank: number,
  sizes: readonly [number, number],
  dim: number,
): boolean {
  const others = strides.filter((_, d) => d !== rank + dim);
  return (
    strides[rank + dim] === 1 &&
    sizes[dim]! % 4 === 0 &&
    offset % 4 === 0 &&
    others.every((x) => x % 4 === 0)
  );
}

function tiled(k: MatmulKernel, { startsVector, parts, epilogue = null }: ProductVariant): Shader {
  const w = new ShaderWriter();
  const rank = k.batch.length;
  const batch = product(k.batch);
  const [ar, ak] = k.a.strides.slice(rank) as [number, number];
  const [bk, bc] = k.b.strides.slice(rank) as [number, number];
  const [cr, cc] = k.out.strides.slice(rank) as [number, number];
  const alongA = ak === 1 && ar !== 1;
  const alongB = bk === 1 && bc !== 1;
  // For all buffers or for none: the heap is declared as words, or as vectors.
  const vectors =
    [k.a, k.b].every(({ buffer }) => startsVector(buffer)) &&
    inVectors(k.a, rank, [k.m, k.k], alongA ? 1 : 0) &&
    inVectors(k.b, rank, [k.k, k.n], alongB ? 0 : 1) &&
    (epilogue !== null
      ? k.n % 4 === 0 && storesVectors(epilogue, startsVector)
      : startsVector(k.out.buffer) && inVectors(k.out, rank, [k.m, k.n], 1));
  if (vectors) w.readVectors();
  const base = (x: MatmulKernel['a']): string =>
    `${w.address(x)}${offsetOf(w, x.strides.slice(0, rank), 'i')}`;
  const operand = (stepsAlong: boolean, at: (row: string, k: string) => string): Operand => ({
    stepsAlong,
    step: () => undefined,
    element: (row) => w.line(`v = bitcast<f32>(h[${at(row, 'k')}]);`),
    vectorAt: vectors ? at : null,
  });
  return tiledShader(w, tileOf(batch, k.m, k.n), {
    batch,
    m: k.m,
    n: k.n,
    whole: k.k % DEPTH === 0 && (parts === undefined || parts.length % DEPTH === 0),
    begin: () => {
      coordinates(w, 't0', k.batch, 'i');
      w.line(`let oa = ${base(k.a)}; let ob = ${base(k.b)};`);
      inParts(w, k, parts, 'i0');
      w.line(`let ar = ${w.word(ar)}; let ak = ${w.word(ak)};`);
      w.line(`let bk = ${w.word(bk)}; let bc = ${w.word(bc)};`);
      if (epilogue !== null) return;
      w.line(`let oc = ${base(k.out)}; let cr = ${w.word(cr)}; let cc = ${w.word(cc)};`);
    },
    a: operand(alongA, (row, step) => `oa + ${row} * ar + ${step} * ak`),
    b: operand(alongB, (column, step) => `ob + ${step} * bk + ${column} * bc`),
    rolled: epilogue !== null,
    store: (row, column, values) => {
      if (epilogue !== null) {
        w.line(`let results = ${values}; let first = (t0 * m + ${row}) * n + ${column};`);
        const writer = new EpilogueWriter(w, epilogue, vectors);
        if (vectors) {
          w.line(`if (${column} < n) {`);
          writer.eachFour('first');
        } else {
          w.line(`for (var i = 0u; i < min(4u, n - min(n, ${column})); i++) {`);
          w.line('let result = results[i];');
          writer.each('(first + i)');
        }
        return w.line('}');
      }
      w.line(`let to = oc + ${row} * cr + ${column} * cc;`);
      if (vectors) w.line(`if (${column} < n) { h[to >> 2u] = bitcast<vec4<u32>>(${values}); }`);
      else
        for (let i = 0; i < 4; i++)
          w.line(
            `if (${column} + ${i}u < n) { h[to + ${i}u * cc] = bitcast<u32>(${values}[${i}]); }`,
          );
    },
  });
}
