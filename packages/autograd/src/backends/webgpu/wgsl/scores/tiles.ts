/**
 * @file The products of a kernel over scores: of two matrices, which make a tile of scores, and of a tile with a third, which go
 * into sums. A workgroup has 32 rows, or columns, and of each tile a thread multiplies out four by four scores; of the sums it
 * has four rows of every eighth vector of four columns.
 */
import type { Contraction, Dot, ScoresKernel } from '../../attention/scores.js';
import { offsetOf } from '../coordinates.js';
import type { ShaderWriter } from '../shaderWriter.js';
import { DEPTH, fillSide, type Operand, type Side } from '../tiles.js';

/** Rows and columns of a tile of scores. */
export const TILE = 32;
/** Threads of a workgroup. */
export const TEAM = 64;
/** Elements from one row of a tile to the next: one more, so that a column lies in different banks. */
export const PITCH = TILE + 1;
/** Vectors from one step of k to the next. */
const VECTORS = TILE / 4 + 1;

export class ScoreTiles {
  private readonly w: ShaderWriter;
  private readonly kernel: ScoresKernel;
  private readonly dots: readonly Dot[];
  private readonly byRows: boolean;
  /** Steps of k in workgroup memory, which is small. */
  private readonly steps: number;

  constructor(w: ShaderWriter, kernel: ScoresKernel) {
    this.w = w;
    this.kernel = kernel;
    this.byRows = kernel.over === 'rows';
    this.dots = kernel.inputs.filter((x) => x.kind === 'dot');
    const tiles = Math.max(this.dots.length, kernel.contractions.length);
    this.steps = tiles > 2 ? DEPTH / 2 : DEPTH;
    w.declarations += `var<workgroup> sides: array<vec4<f32>, ${2 * VECTORS * this.steps}>;\n`;
    for (let t = 0; t < tiles; t++)
      w.declarations += `var<workgroup> t${t}: array<f32, ${TILE * PITCH}>;\n`;
    w.declarations += `var<workgroup> factor: array<f32, ${TILE}>;\n`;
  }

  /** Where the matrices of this member of the batch begin, and the sums, which are 0. */
  begin(): void {
    const { w, kernel } = this;
    const rank = kernel.batch.length;
    const base = (x: Dot['a']): string =>
      `${w.address(x)}${offsetOf(w, x.strides.slice(0, rank), 'b')}`;
    w.line('let r = (lid / 8u) * 4u; let c = lid % 8u;');
    this.dots.forEach(({ a, b }, d) => w.line(`let x${d} = ${base(a)}; let y${d} = ${base(b)};`));
    kernel.contractions.forEach((contraction, k) => {
      w.line(`let z${k} = ${base(contraction.other)}; let to${k} = ${base(contraction.out)};`);
      for (const sum of sumsOf(contraction, k)) w.line(`var ${sum.name} = vec4<f32>(0.0);`);
    });
  }

  /** The scores of the tile at `r0` and `c0`: some steps of k of both matrices lie in workgroup memory at a time. */
  multiply(): void {
    const { w, steps } = this;
    const rank = this.kernel.batch.length;
    this.dots.forEach(({ a, b, k }, d) => {
      const [ar, ak] = a.strides.slice(rank) as [number, number];
      const [bk, bc] = b.strides.slice(rank) as [number, number];
      w.line(`{ let ar = ${w.word(ar)}; let ak = ${w.word(ak)}; let bk = ${w.word(bk)};`);
      w.line(`let bc = ${w.word(bc)}; let depth = ${w.word(k)};`);
      for (let i = 0; i < 4; i++) w.line(`var s${i} = vec4<f32>(0.0);`);
      w.line(`for (var q = 0u; q < depth; q += ${steps}u) {`);
      const side = { ...this.side(k % steps === 0, steps), pitch: VECTORS, size: TILE };
      const second = VECTORS * steps;
      fillSide({ ...side, first: 'r0', end: 'rows' }, matrix(w, ak === 1, `x${d}`, 'ar', 'ak'));
      fillSide(
        { ...side, at: second, first: 'c0', end: 'columns' },
        matrix(w, bk === 1, `y${d}`, 'bc', 'bk'),
      );
      w.line(`workgroupBarrier();\nfor (var s = 0u; s < ${steps}u; s++) {`);
      w.line(`let x = sides[s * ${VECTORS}u + (r >> 2u)];`);
      w.line(`let y = sides[${second}u + s * ${VECTORS}u + c];`);
      for (let i = 0; i < 4; i++) w.line(`s${i} = fma(vec4<f32>(x[${i}]), y, s${i});`);
      w.line('}\nworkgroupBarrier();\n}');
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < 4; j++)
          w.line(`t${d}[(r + ${i}u) * ${PITCH}u + c * 4u + ${j}u] = s${i}[${j}];`);
      w.line('}');
    });
    w.line('workgroupBarrier();');
  }

  /**
   * Adds the products of a tile of values with the other matrices: some of their rows lie in workgroup memory at a time. Values
   * outside of the matrix are 0.
   */
  addProducts(tileOf: (k: number) => number): void {
    const { w, kernel, byRows } = this;
    const rank = kernel.batch.length;
    kernel.contractions.forEach((contraction, k) => {
      const { other, n } = contraction;
      const [along, beside] = other.strides.slice(rank) as [number, number];
      const t = tileOf(k);
      const [first, end] = byRows ? ['c0', 'columns'] : ['r0', 'rows'];
      const fours = Math.ceil(n / 4);
      const steps = powerOf2Within((2 * VECTORS * this.steps) / fours);
      w.line(`{ let along = ${w.word(along)}; let beside = ${w.word(beside)};`);
      w.line(`let n = ${w.word(n)}; let depth = min(${TILE}u, ${end} - ${first});`);
      w.line(`let z = z${k} + ${first} * along;`);
      w.line(`for (var q = 0u; q < depth; q += ${steps}u) {`);
      fillSide(
        { ...this.side(false, steps), pitch: fours, size: fours * 4, first: '0u', end: 'n' },
        matrix(w, along === 1 && beside !== 1, 'z', 'beside', 'along'),
      );
      w.line(`workgroupBarrier();\nfor (var s = 0u; s < ${steps}u; s++) {`);
      const values = [0, 1, 2, 3].map((i) =>
        byRows
          ? `t${t}[(r + ${i}u) * ${PITCH}u + q + s]`
          : `t${t}[(q + s) * ${PITCH}u + r + ${i}u]`,
      );
      w.line(`let f = vec4<f32>(${values.join(', ')});`);
      for (let u = 0; u < vectorsOf(n); u++) {
        const column = 8 * (u + 1) > fours ? `min(c + ${8 * u}u, ${fours - 1}u)` : `c + ${8 * u}u`;
        w.line(`let z${u} = sides[s * ${fours}u + ${column}];`);
      }
      for (const { name, row, vector } of sumsOf(contraction, k))
        w.line(`${name} = fma(vec4<f32>(f[${row}]), z${vector}, ${name});`);
      w.line('}\nworkgroupBarrier();\n} }');
    });
  }

  /** Multiplies the sums of each row by its `factor`. */
  scaleSums(): void {
    const { w, kernel } = this;
    kernel.contractions.forEach((contraction, k) => {
      for (const { name, row } of sumsOf(contraction, k)) w.line(`${name} *= factor[r + ${row}u];`);
    });
  }

  storeSums(): void {
    const { w, kernel, byRows } = this;
    const [first, end] = byRows ? ['r0', 'rows'] : ['c0', 'columns'];
    kernel.contractions.forEach((contraction, k) => {
      const { out, n } = contraction;
      const [along, beside] = out.strides.slice(kernel.batch.length) as [number, number];
      w.line(
        `{ let along = ${w.word(along)}; let beside = ${w.word(beside)}; let n = ${w.word(n)};`,
      );
      for (const { name, row, vector } of sumsOf(contraction, k)) {
        w.line(`if (live && ${first} + r + ${row}u < ${end}) {`);
        w.line(`let at = to${k} + (${first} + r + ${row}u) * along;`);
        for (let j = 0; j < 4; j++) {
          const column = `c * 4u + ${32 * vector + j}u`;
          w.line(
            `if (${column} < n) { h[at + (${column}) * beside] = bitcast<u32>(${name}[${j}]); }`,
          );
        }
        w.line('}');
      }
      w.line('}');
    });
  }

  private side(whole: boolean, steps: number): Pick<Side, 'w' | 'team' | 'whole' | 'steps' | 'to'> {
    return { w: this.w, team: TEAM, whole, steps, to: 'sides' };
  }
}

/** Vectors of four columns that a thread has of a row of sums. */
export function vectorsOf(n: number): number {
  return Math.ceil(n / TILE);
}

/** The sums of a thread: their names, the row of four, and which of its vectors. */
function sumsOf(
  { n }: Contraction,
  k: number,
): { readonly name: string; readonly row: number; readonly vector: number }[] {
  return [0, 1, 2, 3].flatMap((row) =>
    Array.from({ length: vectorsOf(n) }, (_, vector) => ({
      name: `sum${k}_${row}_${vector}`,
      row,
      vector,
    })),
  );
}

/** A matrix that is read by single words. */
function matrix(
  w: ShaderWriter,
  stepsAlong: boolean,
  from: string,
  rowStride: string,
  stepStride: string,
): Operand {
  return {
    stepsAlong,
    step: () => undefined,
    element: (row) =>
      w.line(`v = bitcast<f32>(h[${from} + ${row} * ${rowStride} + k * ${stepStride}]);`),
    vectorAt: null,
  };
}

/** The largest power of two that is no larger, at most the rows of a tile. */
function powerOf2Within(x: number): number {
  return Math.min(TILE, 2 ** Math.floor(Math.log2(x)));
}
