/**
 * @file Eigenvalues of symmetric matrices and singular values by Jacobi rotations: one workgroup per matrix.
 *
 * The rotations of pairs (p, q) with one p + q affect different rows and columns, so they run in parallel; taken sum by sum,
 * they are in the order of a cyclic sweep by rows, which is known to converge.
 */
import type { BufferRef } from '../../../../engine/compile/bufferRef.js';
import { sizeOf, type Shape } from '../../../../graph/shape.js';
import type { OperatorSite } from '../../special.js';
import type { Shader } from '../shader.js';
import { ShaderWriter } from '../shaderWriter.js';
import { at, read, write } from './matrix.js';

export const WORKGROUP_SIZE = 64;
/** After this, all threads of a workgroup see what the others have written. */
export const BARRIER = 'workgroupBarrier(); storageBarrier();';
/** A statement for each `e` below a count, shared among the threads. */
export const each = (count: string, body: string): string =>
  `for (var e = lid; e < ${count}; e += ${WORKGROUP_SIZE}u) { ${body} }`;

const SWEEPS = 16;

/** Rotates two rows or columns of a matrix: `(x, y)` becomes `(cos x − sin y, sin x + cos y)`. */
const turn = (first: string, second: string): string =>
  `{ let x = bitcast<f32>(${first}); let y = bitcast<f32>(${second});
  ${first} = bitcast<u32>(co * x - si * y); ${second} = bitcast<u32>(si * x + co * y); }`;

class Rotations {
  readonly w = new ShaderWriter();

  constructor() {
    this.w.declarations = `var<workgroup> cosines: array<f32, ${WORKGROUP_SIZE / 2}>;
var<workgroup> sines: array<f32, ${WORKGROUP_SIZE / 2}>;
var<workgroup> parts: array<f32, ${WORKGROUP_SIZE}>;
var<workgroup> whole: f32;
`;
  }

  /** Divides the elements of `a` by a power of two, `scale`, of the size of the largest. */
  scale(elements: string): void {
    const { w } = this;
    w.line(`var most = 0.0; ${each(elements, 'most = max(most, abs(bitcast<f32>(h[a + e])));')}`);
    this.fold('max(whole, parts[i])', 'most');
    w.line(`let power = bitcast<f32>(bitcast<u32>(workgroupUniformLoad(&whole)) & 0x7f800000u);
let scale = clamp(select(power, 1.0, power == 0.0), 7.8886091e-31f, 1.2676506e30f);
${each(elements, 'h[a + e] = bitcast<u32>(bitcast<f32>(h[a + e]) / scale);')} ${BARRIER}`);
  }

  /** Combines the values that all threads have found. */
  private fold(step: string, mine: string): void {
    this.w.line(`parts[lid] = ${mine}; workgroupBarrier();
if (lid == 0u) { whole = 0.0; for (var i = 0u; i < ${WORKGROUP_SIZE}u; i++) { whole = ${step}; } } workgroupBarrier();`);
  }

  /**
   * Sweeps over all pairs. `angle` sets `cot`, the cotangent of twice the angle, for the pair (p, q), and `needed`; `apply`
   * rotates everything for the pair `j` of `pairs`, by `co` and `si`.
   */
  sweeps(angle: string, apply: string): void {
    const { w } = this;
    w.line(`for (var sweep = 0u; sweep < ${SWEEPS}u; sweep++) {
var turned = 0.0;
for (var t = 1u; t + 3u <= 2u * n; t++) {
  let low = select(0u, t + 1u - n, t + 1u > n); let pairs = (t + 1u) / 2u - low;
  if (lid < pairs) {
    let p = low + lid; let q = t - p; var cot = 0.0; var needed = false;
    ${angle}
    var tangent = 0.0;
    if (needed) { turned = 1.0; tangent = select(-1.0, 1.0, cot >= 0.0) / (abs(cot) + sqrt(1.0 + cot * cot)); }
    // One Newton step: over thousands of rotations, errors of half a unit each would show.
    let secant = fma(tangent, tangent, 1.0); let close = 1.0 / sqrt(secant);
    let cosine = fma(0.5 * close, fma(-close * secant, close, 1.0), close);
    cosines[lid] = cosine; sines[lid] = tangent * cosine;
  }
  ${BARRIER}
  ${apply}
}`);
    this.fold('max(whole, parts[i])', 'turned');
    w.line('if (workgroupUniformLoad(&whole) == 0.0) { break; }\n}');
  }

  /** Writes the positions of `n` values in sorted order to `order`; NaN comes last. */
  order(value: (i: string) => string, falling: boolean): void {
    const nan = this.w.use('isnan');
    this.w.line(`if (lid < n) {
  let mine = ${value('lid')}; var place = 0u;
  for (var i = 0u; i < n; i++) {
    let other = ${value('i')};
    let sooner = !${nan}(other) && (${nan}(mine) || other ${falling ? '>' : '<'} mine);
    let later = !${nan}(mine) && (${nan}(other) || mine ${falling ? '>' : '<'} other);
    if (sooner || (!later && i < lid)) { place++; }
  }
  h[order + place] = lid;
} ${BARRIER}`);
  }
}

const PAIR = `let j = e % pairs; let k = e / pairs; let p = low + j; let q = t - p;
let co = cosines[j]; let si = sines[j]; if (si == 0.0) { continue; }`;

/**
 * The eigenvalues, in ascending order, of the symmetric matrix in the lower triangle, and below them the eigenvectors in
 * columns: `[λ; V]`.
 */
export function eighShader({ inputs, out, shape, scratch }: OperatorSite): Shader {
  const rotations = new Rotations();
  const { w } = rotations;
  const n = shape.at(-1)!;
  const count = sizeOf(inputs[0]!.shape) / (n * n);
  w.line(`let n = ${w.word(n)}; let given = ${w.address(inputs[0]!.place)} + row * n * n;`);
  w.line(`let a = ${w.address(scratch(count * (2 * n * n + n)))} + row * (2u * n * n + n);`);
  w.line('let v = a + n * n; let order = v + n * n;');
  w.line(
    each(
      'n * n',
      `let r = e / n; let c = e % n; h[a + e] = ${at('given', 'max(r, c)', 'min(r, c)')};
h[v + e] = bitcast<u32>(select(0.0, 1.0, r == c));`,
    ),
  );
  w.line(BARRIER);
  rotations.scale('n * n');
  rotations.sweeps(
    `let off = ${read('a', 'p', 'q')}; let x = ${read('a', 'p', 'p')}; let y = ${read('a', 'q', 'q')};
needed = abs(off) > 6.0e-8f * sqrt(abs(x)) * sqrt(abs(y)) && abs(off) > 1.0e-10f;
cot = (y - x) / (2.0 * off);`,
    `${each('n * pairs', `${PAIR} ${turn(at('a', 'k', 'p'), at('a', 'k', 'q'))} ${turn(at('v', 'k', 'p'), at('v', 'k', 'q'))}`)}
${BARRIER}
${each(
  'n * pairs',
  `${PAIR} ${turn(at('a', 'p', 'k'), at('a', 'q', 'k'))}
if (k == p) { ${at('a', 'q', 'p')} = 0u; } if (k == q) { ${at('a', 'p', 'q')} = 0u; }`,
)}
${BARRIER}`,
  );
  rotations.order((i) => read('a', i, i), false);
  w.line(`let values = ${w.address(out)} + row * (n + 1u) * n;`);
  w.line(
    `if (live) { ${each('n', `let at = h[order + e]; h[values + e] = bitcast<u32>(${read('a', 'at', 'at')} * scale);`)}
${each('n * n', `h[values + n + e] = ${at('v', 'e / n', 'h[order + e % n]')};`)} }`,
  );
  return w.teams(count, WORKGROUP_SIZE);
}

/** The words of scratch memory for a singular value decomposition. */
export function singularScratch(shape: Shape): number {
  const [m, n] = shape.slice(-2) as [number, number];
  const [long, short] = [Math.max(m, n), Math.min(m, n)];
  return (sizeOf(shape) / (m * n)) * (long * short + short * short + 2 * short + long);
}

/** The thin decomposition of matrices `[m, n]`: `[U; s; V]`, m + 1 + n rows of min(m, n) columns, with descending `s`. */
export function singularShader(
  { place, shape }: OperatorSite['inputs'][number],
  out: BufferRef,
  scratch: BufferRef,
): Shader {
  const rotations = new Rotations();
  const { w } = rotations;
  const [rows, columns] = shape.slice(-2) as [number, number];
  const tall = rows >= columns;
  const [m, n] = tall ? [rows, columns] : [columns, rows];
  const count = sizeOf(shape) / (m * n);
  w.line(`let m = ${w.word(m)}; let n = ${w.word(n)};`);
  w.line(`let given = ${w.address(place)} + row * m * n;`);
  w.line(`let a = ${w.address(scratch)} + row * (m * n + n * n + 2u * n + m);`);
  w.line('let v = a + m * n; let order = v + n * n; let sizes = order + n; let trial = sizes + n;');
  w.line(each('m * n', `h[a + e] = ${tall ? 'h[given + e]' : 'h[given + (e % n) * m + e / n]'};`));
  w.line(each('n * n', 'h[v + e] = bitcast<u32>(select(0.0, 1.0, e / n == e % n));'));
  w.line(BARRIER);
  rotations.scale('m * n');
  rotations.sweeps(
    `var xx = 0.0; var yy = 0.0; var xy = 0.0;
for (var k = 0u; k < m; k++) {
  let x = ${read('a', 'k', 'p')}; let y = ${read('a', 'k', 'q')};
  xx = fma(x, x, xx); yy = fma(y, y, yy); xy = fma(x, y, xy);
}
needed = abs(xy) > 6.0e-8f * sqrt(f32(m)) * sqrt(xx) * sqrt(yy) && abs(xy) > 1.0e-30f;
cot = (yy - xx) / (2.0 * xy);`,
    `${each(
      '(m + n) * pairs',
      `${PAIR} // the rows of V lie below those of A
${turn(at('a', 'k', 'p'), at('a', 'k', 'q'))}`,
    )}
${BARRIER}`,
  );
  w.line(
    each(
      'n',
      `var sum = 0.0; for (var k = 0u; k < m; k++) { let x = ${read('a', 'k', 'e')}; sum = fma(x, x, sum); }
h[sizes + e] = bitcast<u32>(sqrt(sum));`,
    ),
  );
  w.line(BARRIER);
  const size = (i: string): string => `bitcast<f32>(h[sizes + ${i}])`;
  rotations.order(size, true);
  w.line(`let parts_ = ${w.address(out)} + row * (m + n + 1u) * n;`);
  w.line(
    tall
      ? 'let u = parts_; let s = u + m * n; let turns = s + n;'
      : 'let turns = parts_; let s = turns + n * n; let u = s + n;',
  );
  w.line(`let small = ${size('h[order]')} * 1.0e-9f;
if (live) {
${each('n', `h[s + e] = bitcast<u32>(${size('h[order + e]')} * scale);`)}
${each('n * n', `h[turns + e] = ${at('v', 'e / n', 'h[order + e % n]')};`)}
${each('m * n', `let chosen = h[order + e % n]; h[u + e] = bitcast<u32>(${read('a', 'e / n', 'chosen')} / ${size('chosen')});`)}
} ${BARRIER}`);
  complete(w, size);
  return w.teams(count, WORKGROUP_SIZE);
}

/** Fills columns for a singular value of 0 with unit vectors orthogonal to those before them: any such vectors will do. */
function complete(w: ShaderWriter, size: (i: string) => string): void {
  const x = (i: string): string => `bitcast<f32>(h[trial + ${i}])`;
  w.line(`if (live && lid == 0u) { for (var j = 0u; j < n; j++) {
  if (!(${size('h[order + j]')} <= small)) { continue; }
  var length = 0.0;
  for (var e = 0u; e < m && length < 0.25; e++) {
    for (var k = 0u; k < m; k++) { h[trial + k] = bitcast<u32>(select(0.0, 1.0, k == e)); }
    for (var c = 0u; c < 2u * j; c++) {
      let other = c % j; var dot = 0.0;
      for (var k = 0u; k < m; k++) { dot = fma(${x('k')}, ${read('u', 'k', 'other')}, dot); }
      for (var k = 0u; k < m; k++) { h[trial + k] = bitcast<u32>(fma(-dot, ${read('u', 'k', 'other')}, ${x('k')})); }
    }
    var square = 0.0;
    for (var k = 0u; k < m; k++) { square = fma(${x('k')}, ${x('k')}, square); }
    if (square > length) { length = square; for (var k = 0u; k < m; k++) { ${at('u', 'k', 'j')} = h[trial + k]; } }
  }
  for (var k = 0u; k < m; k++) { ${write('u', 'k', 'j', `${read('u', 'k', 'j')} / sqrt(length)`)} }
} }`);
}
