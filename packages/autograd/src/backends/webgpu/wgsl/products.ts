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

/** A product as its tiles see it. The texts are lines that use the names given to them. */
export interface Tiled {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  /** Lines at the beginning; `t0` is the member of the batch. */
  readonly begin: () => void;
  /** Lines that set `v` to an element of a row, or a column, at a step of k. */
  readonly a: (row: string, step: string) => void;
  readonly b: (step: string, column: string) => void;
  /** Whether the steps of k lie side by side: neighbouring threads read neighbouring elements. */
  readonly along: { readonly a: boolean; readonly b: boolean };
  /** Lines that come before the results of a row of the thread, and where the result of a column goes. */
  readonly place: (row: string) => (column: string) => string;
}

/** 32 × 32 results by 64 threads, with 16 steps of k in workgroup memory at a time. `depth` is what `begin` defines. */
export function tiledShader(w: ShaderWriter, { batch, m, n, ...of }: Tiled): Shader {
  const [tm, tn] = [Math.ceil(m / TILE), Math.ceil(n / TILE)];
  w.declarations += `var<workgroup> ta: array<f32, ${TILE * DEPTH}>;\nvar<workgroup> tb: array<f32, ${TILE * DEPTH}>;\n`;
  coordinates(w, 'row', [batch, tm, tn], 't');
  of.begin();
  w.line(`let m = ${w.word(m)}; let n = ${w.word(n)};`);
  w.line(`let m0 = t1 * ${TILE}u; let n0 = t2 * ${TILE}u;`);
  w.line('let r = (lid / 8u) * 4u; let c = (lid % 8u) * 4u;');
  for (let i = 0; i < 4; i++) w.line(`var c${i} = vec4<f32>(0.0);`);
  w.line(`for (var q = 0u; q < depth; q += ${DEPTH}u) {`);
  const along = (fast: boolean): [string, string] =>
    fast ? [`e / ${DEPTH}u`, `e % ${DEPTH}u`] : [`e % ${TILE}u`, `e / ${TILE}u`];
  const fill = (to: string, fast: boolean, from: string, end: string, value: () => void): void => {
    const [side, step] = along(fast);
    w.line(`for (var e = lid; e < ${TILE * DEPTH}u; e += 64u) {`);
    w.line(`let x = ${side}; let s = ${step}; let at = ${from} + x; let k = q + s; var v = 0.0;`);
    w.line(`if (at < ${end} && k < depth) {`);
    value();
    w.line(`}\n${to}[s * ${TILE}u + x] = v;\n}`);
  };
  fill('ta', of.along.a, 'm0', 'm', () => of.a('at', 'k'));
  fill('tb', of.along.b, 'n0', 'n', () => of.b('k', 'at'));
  w.line(`workgroupBarrier();
for (var s = 0u; s < ${DEPTH}u; s++) {
  let u = s * ${TILE}u + r; let y = s * ${TILE}u + c;
  let b = vec4<f32>(tb[y], tb[y + 1u], tb[y + 2u], tb[y + 3u]);`);
  for (let i = 0; i < 4; i++) w.line(`  c${i} = fma(vec4<f32>(ta[u + ${i}u]), b, c${i});`);
  w.line('}\nworkgroupBarrier();\n}');
  for (let i = 0; i < 4; i++) {
    w.line(`if (live && m0 + r + ${i}u < m) {`);
    const at = of.place(`(m0 + r + ${i}u)`);
    for (let j = 0; j < 4; j++)
      w.line(
        `if (n0 + c + ${j}u < n) { h[${at(`(n0 + c + ${j}u)`)}] = bitcast<u32>(c${i}[${j}]); }`,
      );
    w.line('}');
  }
  return w.teams(batch * tm * tn, 64);
}

function tiled(k: MatmulKernel, parts: Parts | null): Shader {
  const w = new ShaderWriter();
  const rank = k.batch.length;
  const [ar, ak] = k.a.strides.slice(rank) as [number, number];
  const [bk, bc] = k.b.strides.slice(rank) as [number, number];
  const [cr, cc] = k.out.strides.slice(rank) as [number, number];
  const base = (x: MatmulKernel['a']): string =>
    `${w.address(x)}${offsetOf(w, x.strides.slice(0, rank), 'i')}`;
  return tiledShader(w, {
    batch: product(k.batch),
    m: k.m,
    n: k.n,
    begin: () => {
      coordinates(w, 't0', k.batch, 'i');
      w.line(`let oa = ${base(k.a)}; let ob = ${base(k.b)}; let oc = ${base(k.out)};`);
      inParts(w, k, parts, 'i0');
      w.line(`let ar = ${w.word(ar)}; let ak = ${w.word(ak)};`);
      w.line(`let bk = ${w.word(bk)}; let bc = ${w.word(bc)};`);
      w.line(`let cr = ${w.word(cr)}; let cc = ${w.word(cc)};`);
    },
    a: (row, step) => w.line(`v = bitcast<f32>(h[oa + ${row} * ar + ${step} * ak]);`),
    b: (step, column) => w.line(`v = bitcast<f32>(h[ob + ${step} * bk + ${column} * bc]);`),
    along: { a: ak === 1, b: bk === 1 },
    place: (row) => (column) => `oc + ${row} * cr + ${column} * cc`,
  });
}
