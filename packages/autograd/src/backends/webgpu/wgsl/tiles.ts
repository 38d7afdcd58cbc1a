/**
 * @file Products in tiles: a workgroup has a tile of results, and some steps of the inner dimension of both operands in
 * workgroup memory at a time. Each result is summed over k in order, whatever the tile.
 */
import { coordinates } from './coordinates.js';
import type { Shader } from './shader.js';
import type { ShaderWriter } from './shaderWriter.js';

/** Steps of k in workgroup memory. */
export const DEPTH = 16;
/** This many workgroups keep a device busy. */
const FULL_WORKGROUPS = 128;

/** The rows and columns of results per workgroup: each 32 or 64. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
}

/** Large tiles read less, but there must be enough of them. */
export function tileOf(batch: number, m: number, n: number): Tile {
  const [rows, columns] = [m > 32 ? 64 : 32, n > 32 ? 64 : 32];
  const tiles = [
    { rows, columns },
    { rows, columns: 32 },
  ];
  const small = { rows: 32, columns: 32 };
  return tiles.find((tile) => groupsOf(batch, m, n, tile) >= FULL_WORKGROUPS) ?? small;
}

export function groupsOf(batch: number, m: number, n: number, { rows, columns }: Tile): number {
  return batch * Math.ceil(m / rows) * Math.ceil(n / columns);
}

/** An operand with its rows, or columns, and its steps of k. The functions write lines that use the given names. */
export interface Operand {
  /** Whether steps of k are adjacent in memory; otherwise rows, or columns, are assumed to be. */
  readonly stepsAlong: boolean;
  /** Lines for a row, or column, that all steps share; the names that they define end with `end`. */
  readonly row?: (row: string, end: string) => void;
  /** Lines for a step of k, before those of its elements. */
  readonly step: (k: string) => void;
  /** Lines that set `v` to an element of the step; the row, or column, is within bounds. */
  readonly element: (row: string, end: string) => void;
  /** The position of an element, if it can be read with its neighbours as a vector of four. */
  readonly vectorAt: ((row: string, k: string) => string) | null;
}

/** A product, as its tiles need it. */
export interface Tiled {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  /** Whether the number of steps of k is a multiple of those of a tile. */
  readonly whole: boolean;
  /** Lines at the beginning; `t0` is the member of the batch. They define `depth`, the number of steps of k. */
  readonly begin: () => void;
  readonly a: Operand;
  readonly b: Operand;
  /** Whether there are many lines that store, so that they are written once for all rows of a thread. */
  readonly rolled?: boolean;
  /** Lines that store the results of a row in four columns, from the given one on. */
  readonly store: (row: string, column: string, values: string) => void;
}

export function tiledShader(w: ShaderWriter, tile: Tile, of: Tiled): Shader {
  const { batch, m, n, whole } = of;
  const [tm, tn] = [Math.ceil(m / tile.rows), Math.ceil(n / tile.columns)];
  const team = 2 * tile.columns;
  const perThread = tile.rows / 8;
  // One more vector, so that a column lies in different banks.
  const [pa, pb] = [tile.rows / 4 + 1, tile.columns / 4 + 1];
  w.declarations += `var<workgroup> ta: array<vec4<f32>, ${pa * DEPTH}>;\nvar<workgroup> tb: array<vec4<f32>, ${pb * DEPTH}>;\n`;
  coordinates(w, 'row', [batch, tm, tn], 't');
  of.begin();
  w.line(`let m = ${w.word(m)}; let n = ${w.word(n)};`);
  w.line(`let m0 = t1 * ${tile.rows}u; let n0 = t2 * ${tile.columns}u;`);
  w.line(`let r = lid / ${tile.columns / 4}u; let c = lid % ${tile.columns / 4}u;`);
  for (let i = 0; i < perThread; i++) w.line(`var c${i} = vec4<f32>(0.0);`);
  const fill = { w, team, whole, steps: DEPTH };
  const a: Side = { ...fill, to: 'ta', pitch: pa, size: tile.rows, first: 'm0', end: 'm' };
  const b: Side = { ...fill, to: 'tb', pitch: pb, size: tile.columns, first: 'n0', end: 'n' };
  nameRows(a, of.a);
  nameRows(b, of.b);
  w.line(`for (var q = 0u; q < depth; q += ${DEPTH}u) {`);
  fillSide(a, of.a);
  fillSide(b, of.b);
  w.line(`workgroupBarrier();\nfor (var s = 0u; s < ${DEPTH}u; s++) {`);
  w.line(`let b = tb[s * ${pb}u + c];`);
  for (let i = 0; i < perThread; i += 4) w.line(`let a${i} = ta[s * ${pa}u + ${2 * i}u + r];`);
  for (let i = 0; i < perThread; i++)
    w.line(`c${i} = fma(vec4<f32>(a${i & ~3}[${i & 3}]), b, c${i});`);
  w.line('}\nworkgroupBarrier();\n}');
  w.line('let column = n0 + c * 4u;');
  const rows = Array.from({ length: perThread }, (_, i) => i);
  if (of.rolled === true) {
    w.line(`var rows = array(${rows.map((i) => `c${i}`).join(', ')});`);
    w.line(`for (var i = 0u; i < ${perThread}u; i++) {`);
    w.line('let line = m0 + r * 4u + 8u * (i & 4u) + (i & 3u); if (live && line < m) {');
    of.store('line', 'column', 'rows[i]');
    w.line('} }');
  } else
    for (const i of rows) {
      w.line(`{ let line = m0 + r * 4u + ${8 * (i & ~3) + (i & 3)}u; if (live && line < m) {`);
      of.store('line', 'column', `c${i}`);
      w.line('} }');
    }
  return w.teams(batch * tm * tn, team);
}

/** The destination of a side of a tile, and the part of it that is read. */
export interface Side {
  readonly w: ShaderWriter;
  readonly team: number;
  /** Whether `steps` divides the steps of k. */
  readonly whole: boolean;
  /** The steps of k, from `q` on. */
  readonly steps: number;
  /** The array in which it is stored, from which vector on, and how many vectors a step takes. */
  readonly to: string;
  readonly at?: number;
  readonly pitch: number;
  /** Rows, or columns, of the tile. */
  readonly size: number;
  readonly first: string;
  readonly end: string;
}

/** Lines that copy a side of a tile into workgroup memory. Beyond the edge of the matrix the elements at the edge are read. */
export function fillSide(side: Side, operand: Operand): void {
  const { w, size, steps, to, at = 0, pitch, first, end, whole } = side;
  const fours = size / 4;
  const from = at === 0 ? '' : `${at}u + `;
  const place = (step: string): string => `${to}[${from}${step} * ${pitch}u + x]`;
  const inside = whole ? '' : 'k < depth';
  if (operand.vectorAt === null) {
    overUnits(
      side,
      fours * steps,
      (u) => {
        w.line(placesOf(side, operand));
        w.line('let k = q + s; var four = vec4<f32>(0.0);');
        w.line(whole ? '{' : `if (${inside}) {`);
        operand.step('k');
        for (let i = 0; i < 4; i++) {
          const end = operand.row === undefined ? '' : endOf(side, operand, u, i);
          const at = end === '' ? rowAt(side, i) : `row${end}`;
          w.line(`{ let at = ${at}; var v = 0.0;`);
          operand.element('at', end);
          w.line(`four[${i}] = v; }`);
        }
        w.line(`}\n${place('s')} = four;`);
      },
      operand.row !== undefined,
    );
    return;
  }
  const read = (row: string, k: string): string => {
    const value = `bitcast<vec4<f32>>(h[(${operand.vectorAt!(row, k)}) >> 2u])`;
    return whole ? value : `select(vec4<f32>(0.0), ${value}, ${k} < depth)`;
  };
  if (!operand.stepsAlong) {
    overUnits(side, fours * steps, () => {
      w.line(`${placesOf(side, operand)} let k = q + s;`);
      w.line(`${place('s')} = ${read(`min(${first} + x * 4u, ${end} - 4u)`, 'k')};`);
    });
    return;
  }
  // Four rows of four steps, transposed.
  overUnits(side, fours * (steps / 4), () => {
    w.line(`let s = (e % ${steps / 4}u) * 4u; let x = e / ${steps / 4}u; let k = q + s;`);
    for (let i = 0; i < 4; i++) w.line(`let v${i} = ${read(rowAt(side, i), 'k')};`);
    for (let i = 0; i < 4; i++)
      w.line(`${place(`(s + ${i}u)`)} = vec4<f32>(v0[${i}], v1[${i}], v2[${i}], v3[${i}]);`);
  });
}

/** Lines before the loop over k, for the rows, or columns, that a thread reads in it. */
function nameRows(side: Side, operand: Operand): void {
  if (operand.row === undefined || operand.vectorAt !== null) return;
  const { w, size, steps, team } = side;
  const units = isSameRow(side, operand) ? 1 : Math.ceil(((size / 4) * steps) / team);
  for (let u = 0; u < units; u++) {
    const x = w.fresh('x');
    w.line(
      `let e${x} = lid + ${u * team}u; let ${x} = ${operand.stepsAlong ? `e${x} / ${steps}u` : `e${x} % ${size / 4}u`};`,
    );
    for (let i = 0; i < 4; i++) {
      const end = endOf(side, operand, u, i);
      w.line(`let row${end} = ${rowAt(side, i, x)};`);
      operand.row(`row${end}`, end);
    }
  }
}

/** Whether a thread reads the same rows in each of its units of work. */
function isSameRow({ team, size }: Side, { stepsAlong }: Operand): boolean {
  return !stepsAlong && team % (size / 4) === 0;
}

function endOf(side: Side, operand: Operand, u: number, i: number): string {
  return `_${side.to}${isSameRow(side, operand) ? 0 : u}_${i}`;
}

function rowAt({ first, end }: Side, i: number, x = 'x'): string {
  return `min(${first} + ${x} * 4u + ${i}u, ${end} - 1u)`;
}

/** The step `s` and the four rows `x` of a unit of work. */
function placesOf({ steps, size }: Side, { stepsAlong }: Operand): string {
  return stepsAlong
    ? `let s = e % ${steps}u; let x = e / ${steps}u;`
    : `let s = e / ${size / 4}u; let x = e % ${size / 4}u;`;
}

/**
 * A loop over units of work that the threads share; `e` is one of them. The number of iterations is constant, so that a
 * compiler can unroll it; where rows have names of their own it is written unrolled.
 */
function overUnits(
  { w, team }: Side,
  count: number,
  unit: (u: number) => void,
  unrolled = false,
): void {
  const units = Math.ceil(count / team);
  const rest = count % team;
  if (!unrolled) {
    w.line(`for (var u = 0u; u < ${units}u; u++) { let e = lid + u * ${team}u;`);
    if (rest !== 0) w.line(`if (e >= ${count}u) { break; }`);
    unit(0);
    return w.line('}');
  }
  for (let u = 0; u < units; u++) {
    w.line(`{ let e = lid + ${u * team}u;`);
    if (rest !== 0 && u === units - 1) w.line(`if (e < ${count}u) {`);
    unit(u);
    w.line(rest !== 0 && u === units - 1 ? '} }' : '}');
  }
}
