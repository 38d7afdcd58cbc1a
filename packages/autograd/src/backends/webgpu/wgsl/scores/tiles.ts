/**
 * @file The products of a kernel over scores: of two matrices, which give a tile of scores, and of a tile with a third matrix,
 * which are added to sums. A workgroup has 32 rows, or columns. Of each tile a thread computes four by four scores, or four by
 * eight; of the sums it has four rows of every eighth, or sixteenth, vector of four columns.
 */
import type { Contraction, Dot, ScoresKernel } from '../../attention/scores.js';
import { offsetOf } from '../coordinates.js';
import type { ShaderWriter } from '../shaderWriter.js';
import { DEPTH, fillSide, type Operand, type Side } from '../tiles.js';

/** Rows, or columns, per workgroup. */
export const ROWS_PER_WORKGROUP = 32;
/** The workgroup memory that every device has, in bytes. */
export const MIN_WORKGROUP_MEMORY = 16384;

/** The tiles of scores that a kernel traverses. */
export interface TileSizes {
  readonly rows: number;
  readonly columns: number;
  /** How many columns, or rows, it advances by. */
  readonly walk: number;
  /** Threads of a workgroup: two for each row of a tile. */
  readonly team: number;
  /** Vectors of four columns that a thread computes for four rows; eight threads share a row. */
  readonly vectors: number;
  /** Elements from one row of a tile to the next: one more than a row, so that a column lies in different banks. */
  readonly pitch: number;
}

/**
 * Tiles are twice as wide if several matrices are multiplied, the rows are long enough and workgroup memory suffices: then each
 * value that is read is used more often. With one product, most of the time goes to the points.
 */
export function tileSizesOf(kernel: ScoresKernel, memory: number): TileSizes {
  const long = kernel.over === 'rows' ? kernel.columns : kernel.rows;
  const dots = kernel.inputs.filter(({ kind }) => kind === 'dot').length;
  const wide = sizesWith(kernel, 64);
  const pays = dots > 1 && long > 32 && bytesOf(kernel, wide) <= memory;
  return pays ? wide : sizesWith(kernel, 32);
}

function sizesWith({ over }: ScoresKernel, walk: number): TileSizes {
  const [rows, columns] = over === 'rows' ? [ROWS_PER_WORKGROUP, walk] : [walk, ROWS_PER_WORKGROUP];
  return {
    rows,
    columns,
    walk,
    team: 2 * rows,
    vectors: columns / ROWS_PER_WORKGROUP,
    pitch: columns + 1,
  };
}

/** The workgroup memory of a kernel. */
function bytesOf(kernel: ScoresKernel, sizes: TileSizes): number {
  const { rows, team, pitch } = sizes;
  const folds = kernel.body.filter(({ kind }) => kind === 'reduce').length;
  const words = tilesOf(kernel) * rows * pitch + ROWS_PER_WORKGROUP + (folds + 1) * team;
  return 4 * words + 16 * vectorsAStep(sizes) * stepsOf(kernel);
}

/** The number of tiles that are in workgroup memory at the same time. */
function tilesOf({ inputs, contractions }: ScoresKernel): number {
  return Math.max(inputs.filter(({ kind }) => kind === 'dot').length, contractions.length);
}

/** How many steps of k are in workgroup memory, which is small. */
function stepsOf(kernel: ScoresKernel): number {
  return tilesOf(kernel) > 2 ? DEPTH / 2 : DEPTH;
}

/** The vectors of both sides per step of k. */
function vectorsAStep({ rows, columns }: TileSizes): number {
  return rows / 4 + columns / 4 + 2;
}

export class ScoreTiles {
  private readonly w: ShaderWriter;
  private readonly kernel: ScoresKernel;
  private readonly dots: readonly Dot[];
  private readonly byRows: boolean;
  private readonly sizes: TileSizes;
  private readonly steps: number;
  /** The number of threads that share the columns of a row of sums. */
  private readonly lanes: number;

  constructor(w: ShaderWriter, kernel: ScoresKernel, sizes: TileSizes) {
    this.w = w;
    this.kernel = kernel;
    this.byRows = kernel.over === 'rows';
    this.sizes = sizes;
    this.dots = kernel.inputs.filter((x) => x.kind === 'dot');
    this.steps = stepsOf(kernel);
    this.lanes = (4 * sizes.team) / ROWS_PER_WORKGROUP;
    w.declarations += `var<workgroup> sides: array<vec4<f32>, ${vectorsAStep(sizes) * this.steps}>;\n`;
    for (let t = 0; t < tilesOf(kernel); t++)
      w.declarations += `var<workgroup> t${t}: array<f32, ${sizes.rows * sizes.pitch}>;\n`;
    w.declarations += `var<workgroup> factor: array<f32, ${ROWS_PER_WORKGROUP}>;\n`;
  }

  /** The start of the matrices for this member of the batch; also sets the sums to 0. */
  begin(): void {
    const { w, kernel } = this;
    const rank = kernel.batch.length;
    const base = (x: Dot['a']): string =>
      `${w.address(x)}${offsetOf(w, x.strides.slice(0, rank), 'b')}`;
    w.line('let r = (lid / 8u) * 4u; let c = lid % 8u;');
    w.line(`let own = (lid / ${this.lanes}u) * 4u; let lane = lid % ${this.lanes}u;`);
    this.dots.forEach(({ a, b }, d) => w.line(`let x${d} = ${base(a)}; let y${d} = ${base(b)};`));
    kernel.contractions.forEach((contraction, k) => {
      w.line(`let z${k} = ${base(contraction.other)}; let to${k} = ${base(contraction.out)};`);
      for (const sum of this.sumsOf(contraction, k)) w.line(`var ${sum.name} = vec4<f32>(0.0);`);
    });
  }

  /** The scores of the tile at `r0` and `c0`: some steps of k of both matrices are in workgroup memory at a time. */
  multiply(): void {
    const { w, steps } = this;
    const { rows, columns, vectors, pitch } = this.sizes;
    const [first, second] = [rows / 4 + 1, columns / 4 + 1];
    const rank = this.kernel.batch.length;
    this.dots.forEach(({ a, b, k }, d) => {
      const [ar, ak] = a.strides.slice(rank) as [number, number];
      const [bk, bc] = b.strides.slice(rank) as [number, number];
      w.line(`{ let ar = ${w.word(ar)}; let ak = ${w.word(ak)}; let bk = ${w.word(bk)};`);
      w.line(`let bc = ${w.word(bc)}; let depth = ${w.word(k)};`);
      const mine = [0, 1, 2, 3].flatMap((i) =>
        Array.from({ length: vectors }, (_, v) => ({ name: `s${i}_${v}`, i, v })),
      );
      for (const { name } of mine) w.line(`var ${name} = vec4<f32>(0.0);`);
      w.line(`for (var q = 0u; q < depth; q += ${steps}u) {`);
      const side = this.side(k % steps === 0, steps);
      const behind = first * steps;
      fillSide(
        { ...side, pitch: first, size: rows, first: 'r0', end: 'rows' },
        matrix(w, ak === 1, `x${d}`, 'ar', 'ak'),
      );
      fillSide(
        { ...side, at: behind, pitch: second, size: columns, first: 'c0', end: 'columns' },
        matrix(w, bk === 1, `y${d}`, 'bc', 'bk'),
      );
      w.line(`workgroupBarrier();\nfor (var s = 0u; s < ${steps}u; s++) {`);
      w.line(`let x = sides[s * ${first}u + (r >> 2u)];`);
      for (let v = 0; v < vectors; v++)
        w.line(`let y${v} = sides[${behind}u + s * ${second}u + c + ${8 * v}u];`);
      for (const { name, i, v } of mine)
        w.line(`${name} = fma(vec4<f32>(x[${i}]), y${v}, ${name});`);
      w.line('}\nworkgroupBarrier();\n}');
      for (const { name, i, v } of mine)
        for (let j = 0; j < 4; j++)
          w.line(`t${d}[(r + ${i}u) * ${pitch}u + c * 4u + ${32 * v + j}u] = ${name}[${j}];`);
      w.line('}');
    });
    w.line('workgroupBarrier();');
  }

  /**
   * Adds the products of a tile of values with the other matrices: some of their rows are in workgroup memory at a time. Values
   * outside of the matrix are 0.
   */
  addProducts(tileOf: (k: number) => number): void {
    const { w, kernel, byRows, lanes } = this;
    const { walk, pitch } = this.sizes;
    const rank = kernel.batch.length;
    kernel.contractions.forEach((contraction, k) => {
      const { other, n } = contraction;
      const [along, beside] = other.strides.slice(rank) as [number, number];
      const t = tileOf(k);
      const [first, end] = byRows ? ['c0', 'columns'] : ['r0', 'rows'];
      const fours = Math.ceil(n / 4);
      const steps = powerOf2Within((vectorsAStep(this.sizes) * this.steps) / fours);
      w.line(`{ let along = ${w.word(along)}; let beside = ${w.word(beside)};`);
      w.line(`let n = ${w.word(n)}; let depth = min(${walk}u, ${end} - ${first});`);
      w.line(`let z = z${k} + ${first} * along;`);
      w.line(`for (var q = 0u; q < depth; q += ${steps}u) {`);
      fillSide(
        { ...this.side(false, steps), pitch: fours, size: fours * 4, first: '0u', end: 'n' },
        matrix(w, along === 1 && beside !== 1, 'z', 'beside', 'along'),
      );
      w.line(`workgroupBarrier();\nfor (var s = 0u; s < ${steps}u; s++) {`);
      const values = [0, 1, 2, 3].map((i) =>
        byRows
          ? `t${t}[(own + ${i}u) * ${pitch}u + q + s]`
          : `t${t}[(q + s) * ${pitch}u + own + ${i}u]`,
      );
      w.line(`let f = vec4<f32>(${values.join(', ')});`);
      for (let u = 0; u < this.vectorsOf(n); u++) {
        const lane = `lane + ${lanes * u}u`;
        const column = lanes * (u + 1) > fours ? `min(${lane}, ${fours - 1}u)` : lane;
        w.line(`let z${u} = sides[s * ${fours}u + ${column}];`);
      }
      for (const { name, row, vector } of this.sumsOf(contraction, k))
        w.line(`${name} = fma(vec4<f32>(f[${row}]), z${vector}, ${name});`);
      w.line('}\nworkgroupBarrier();\n} }');
    });
  }

  /** Multiplies the sums of each row by its `factor`. */
  scaleSums(): void {
    const { w, kernel } = this;
    kernel.contractions.forEach((contraction, k) => {
      for (const { name, row } of this.sumsOf(contraction, k))
        w.line(`${name} *= factor[own + ${row}u];`);
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
      for (const { name, row, vector } of this.sumsOf(contraction, k)) {
        w.line(`if (live && ${first} + own + ${row}u < ${end}) {`);
        w.line(`let at = to${k} + (${first} + own + ${row}u) * along;`);
        for (let j = 0; j < 4; j++) {
          const column = `lane * 4u + ${4 * this.lanes * vector + j}u`;
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
    return { w: this.w, team: this.sizes.team, whole, steps, to: 'sides' };
  }

  /** The number of vectors of four columns that a thread has of a row of sums. */
  private vectorsOf(n: number): number {
    return Math.ceil(n / 4 / this.lanes);
  }

  /** The sums of a thread: their names, the row among its four, and the number of the vector. */
  private sumsOf(
    { n }: Contraction,
    k: number,
  ): { readonly name: string; readonly row: number; readonly vector: number }[] {
    return [0, 1, 2, 3].flatMap((row) =>
      Array.from({ length: this.vectorsOf(n) }, (_, vector) => ({
        name: `sum${k}_${row}_${vector}`,
        row,
        vector,
      })),
    );
  }
}

/** A matrix that is read word by word. */
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

/** The largest power of two up to x, at most 32. */
function powerOf2Within(x: number): number {
  return Math.min(32, 2 ** Math.floor(Math.log2(x)));
}
