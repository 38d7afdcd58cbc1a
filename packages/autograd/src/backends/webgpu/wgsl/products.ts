/** @file Matrix products. Each result is summed over k in order. */
import type { MatmulKernel } from '../../../engine/compile/kernel.js';
import {
  coordinates,
  load,
  offsetOf,
  product,
  ShaderWriter,
  store,
  typeOf,
  type Shader,
} from './text.js';

/** The inner dimension in parts of so many elements; the products of each lie one after the other. */
export interface Parts {
  readonly count: number;
  readonly length: number;
}

/** Whether a product has rows and columns enough for tiles. */
export function fillsTiles({ out, m, n, k }: MatmulKernel): boolean {
  return out.dtype === 'float32' && m >= 8 && n >= 8 && k >= 8;
}

/** A matrix product: tiles of results with some steps of k in workgroup memory at a time, or a thread a result. */
export function matmulShader(k: MatmulKernel, parts: Parts | null = null): Shader {
  return fillsTiles(k) ? tiled(k, parts) : plain(k, parts);
}

/** The batch of a product of which the parts come first, and the length of the part at hand as `depth`. */
function inParts(w: ShaderWriter, k: MatmulKernel, parts: Parts | null, part: string): void {
  w.line(
    parts === null
      ? `let depth = ${w.word(k.k)};`
      : `let depth = min(${w.word(parts.length)}, ${w.word(k.k)} - ${part} * ${w.word(parts.length)});`,
  );
}

function plain(k: MatmulKernel, parts: Parts | null): Shader {
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
  w.line(
    store(
      dtype,
      `${w.address(out)}${offsetOf(w, out.strides, 'i')}`,
      dtype === 'bool' ? '(acc != 0)' : 'acc',
    ),
  );
  return w.threads(product(k.batch) * k.m * k.n);
}

/** Rows and columns of a tile; a thread has four by four results of it. */
const TILE = 32;
const DEPTH = 16;

/** 32 × 32 results by 64 threads, with 16 steps of k in workgroup memory at a time. */
function tiled(k: MatmulKernel, parts: Parts | null): Shader {
  const w = new ShaderWriter();
  const rank = k.batch.length;
  const [tm, tn] = [Math.ceil(k.m / TILE), Math.ceil(k.n / TILE)];
  w.declarations = `var<workgroup> ta: array<f32, ${TILE * DEPTH}>;\nvar<workgroup> tb: array<f32, ${TILE * DEPTH}>;\n`;
  coordinates(w, 'row', [product(k.batch), tm, tn], 't');
  coordinates(w, 't0', k.batch, 'i');
  const base = (x: MatmulKernel['a']): string =>
    `${w.address(x)}${offsetOf(w, x.strides.slice(0, rank), 'i')}`;
  w.line(`let oa = ${base(k.a)}; let ob = ${base(k.b)}; let oc = ${base(k.out)};`);
  const [ar, ak] = k.a.strides.slice(rank);
  const [bk, bc] = k.b.strides.slice(rank);
  const [cr, cc] = k.out.strides.slice(rank);
  w.line(`let m = ${w.word(k.m)}; let n = ${w.word(k.n)};`);
  inParts(w, k, parts, 'i0');
  w.line(`let ar = ${w.word(ar!)}; let ak = ${w.word(ak!)};`);
  w.line(`let bk = ${w.word(bk!)}; let bc = ${w.word(bc!)};`);
  w.line(`let m0 = t1 * ${TILE}u; let n0 = t2 * ${TILE}u;`);
  w.line('let r = (lid / 8u) * 4u; let c = (lid % 8u) * 4u;');
  for (let i = 0; i < 4; i++) w.line(`var c${i} = vec4<f32>(0.0);`);
  w.line(`for (var q = 0u; q < depth; q += ${DEPTH}u) {`);
  // Neighbouring threads read neighbouring elements of the dimension that lies side by side.
  const along = (fast: boolean): [string, string] =>
    fast ? [`e / ${DEPTH}u`, `e % ${DEPTH}u`] : [`e % ${TILE}u`, `e / ${TILE}u`];
  const [aRow, aStep] = along(ak === 1);
  const [bColumn, bStep] = along(bk === 1);
  w.line(`for (var e = lid; e < ${TILE * DEPTH}u; e += 64u) {
  let x = ${aRow}; let s = ${aStep}; var v = 0.0;
  if (m0 + x < m && q + s < depth) { v = bitcast<f32>(h[oa + (m0 + x) * ar + (q + s) * ak]); }
  ta[s * ${TILE}u + x] = v;
  let y = ${bColumn}; let z = ${bStep}; v = 0.0;
  if (n0 + y < n && q + z < depth) { v = bitcast<f32>(h[ob + (q + z) * bk + (n0 + y) * bc]); }
  tb[z * ${TILE}u + y] = v;
}
workgroupBarrier();
for (var s = 0u; s < ${DEPTH}u; s++) {
  let u = s * ${TILE}u + r; let y = s * ${TILE}u + c;
  let b = vec4<f32>(tb[y], tb[y + 1u], tb[y + 2u], tb[y + 3u]);`);
  for (let i = 0; i < 4; i++) w.line(`  c${i} = fma(vec4<f32>(ta[u + ${i}u]), b, c${i});`);
  w.line('}\nworkgroupBarrier();\n}');
  w.line(`let cr = ${w.word(cr!)}; let cc = ${w.word(cc!)};`);
  for (let i = 0; i < 4; i++)
    for (let j = 0; j < 4; j++)
      w.line(
        `if (live && m0 + r + ${i}u < m && n0 + c + ${j}u < n) { h[oc + (m0 + r + ${i}u) * cr + (n0 + c + ${j}u) * cc] = bitcast<u32>(c${i}[${j}]); }`,
      );
  return w.teams(product(k.batch) * tm * tn, 64);
}
