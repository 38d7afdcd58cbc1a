/**
 * @file Scores that are never stored (FlashAttention, Dao et al. 2022): a workgroup has 32 rows, or columns, and traverses
 * tiles of 32 × 32 or 32 × 64 scores. In each tile every thread computes the products of four by four or eight scores, then a
 * pair of threads processes the points of a row, then every thread adds the products with the other matrix to its part of the
 * results.
 */
import { isLinear, softmaxOf, type ScoresKernel, type Softmax } from '../../attention/scores.js';
import { BodyWriter } from '../body.js';
import { cast, fold, identity } from '../elements.js';
import { coordinates, offsetOf, product } from '../coordinates.js';
import type { Shader } from '../shader.js';
import { ShaderWriter } from '../shaderWriter.js';
import { load, store, typeOf } from '../values.js';
import {
  MIN_WORKGROUP_MEMORY,
  ROWS_PER_WORKGROUP,
  ScoreTiles,
  tileSizesOf,
  type TileSizes,
} from './tiles.js';

/** `memory` is the workgroup memory of the device, in bytes. */
export function scoresShader(kernel: ScoresKernel, memory = MIN_WORKGROUP_MEMORY): Shader {
  return new ScoresShader(kernel, tileSizesOf(kernel, memory)).write();
}

class ScoresShader {
  private readonly w = new ShaderWriter();
  private readonly kernel: ScoresKernel;
  private readonly body: BodyWriter;
  private readonly tiles: ScoreTiles;
  /** The tile that holds the scores of each dot, by its input. */
  private readonly tileOf = new Map<number, number>();
  private readonly byRows: boolean;
  private readonly sizes: TileSizes;

  constructor(kernel: ScoresKernel, sizes: TileSizes) {
    this.kernel = kernel;
    this.sizes = sizes;
    this.byRows = kernel.over === 'rows';
    const { inputs, outer } = kernel;
    const rank = outer.length;
    inputs.forEach(({ kind }, input) => {
      if (kind === 'dot') this.tileOf.set(input, this.tileOf.size);
    });
    this.tiles = new ScoreTiles(this.w, kernel, sizes);
    const inside = (input: number): readonly number[] => {
      const x = inputs[input]!;
      return x.kind === 'dot' ? [] : x.access.strides.slice(rank);
    };
    this.body = new BodyWriter(this.w, kernel.body, {
      isPoint: (s) => {
        if (s.kind === 'index') return s.dim >= rank;
        return inputs[s.input]!.kind === 'dot' || inside(s.input).some((x) => x !== 0);
      },
      load: ({ input, dtype }, point) => {
        const tile = this.tileOf.get(input);
        if (tile !== undefined) return `t${tile}[at]`;
        return load(dtype, `o${input}${point ? offsetOf(this.w, inside(input), 'j') : ''}`);
      },
      index: (dim) => (dim < rank ? `i${dim}` : `j${dim - rank}`),
      position: () => '0u',
    });
  }

  write(): Shader {
    const { w, kernel, byRows, body, tiles } = this;
    const { batch, rows, columns, contractions } = kernel;
    const own = Math.ceil((byRows ? rows : columns) / ROWS_PER_WORKGROUP);
    coordinates(w, 'row', [product(batch), own], 'u');
    coordinates(w, 'u0', batch, 'b');
    w.line(`let rows = ${w.word(rows)}; let columns = ${w.word(columns)};`);
    w.line(`let ${byRows ? 'r0' : 'c0'} = u1 * ${ROWS_PER_WORKGROUP}u;`);
    w.line('let mine = lid >> 1u;');
    tiles.begin();
    if (!byRows) this.lastPass();
    else {
      this.rowPlaces();
      const online = this.softmax();
      const alone = online !== null && isLinear(kernel, online, body);
      let pass = 0;
      if (online !== null) {
        this.body.rowValues(0);
        this.onlinePass(online, alone);
        pass = 2;
      }
      for (; pass < body.depth; pass++) this.reduce(pass);
      body.rowValues(body.depth);
      if (alone) this.finishOnline(online);
      else if (contractions.length > 0) this.lastPass();
      this.storeRows();
    }
    tiles.storeSums();
    return w.teams(product(batch) * own, this.sizes.team);
  }

  /** The softmax with which the reductions begin, if there is one. */
  private softmax(): Softmax | null {
    const found = softmaxOf(this.kernel.body);
    const first = [...this.body.reductions(0), ...this.body.reductions(1)].map(({ i }) => i);
    return found !== null && first.join() === `${found.max},${found.sum}` ? found : null;
  }

  /** The row of this pair of threads: its coordinates, and the start of its elements. */
  private rowPlaces(): void {
    const { w, kernel } = this;
    const { outer, inputs, outputs } = kernel;
    w.line('let there = r0 + mine < rows; let flat = u0 * rows + min(r0 + mine, rows - 1u);');
    coordinates(w, 'flat', outer, 'i');
    const at = (strides: readonly number[]): string =>
      offsetOf(w, strides.slice(0, outer.length), 'i');
    inputs.forEach((x, n) => {
      if (x.kind === 'element')
        w.line(`let o${n} = ${w.address(x.access)}${at(x.access.strides)};`);
    });
    outputs.forEach((o, n) =>
      w.line(`let o${inputs.length + n} = ${w.address(o)}${at(o.strides)};`),
    );
  }

  /** Loops over the tiles. */
  private overTiles(tile: () => void): void {
    const { w, byRows } = this;
    const [at, end] = byRows ? ['c0', 'columns'] : ['r0', 'rows'];
    w.line(`for (var ${at} = 0u; ${at} < ${end}; ${at} += ${this.sizes.walk}u) {`);
    this.tiles.multiply();
    tile();
    w.line('workgroupBarrier();\n}');
  }

  /** Loops over the points of a row that belong to one of its two threads; `outside` are lines for positions beyond the row. */
  private overPoints(inside: (scope: Set<number>) => void, outside = ''): void {
    const { w, kernel } = this;
    const { columns, pitch } = this.sizes;
    w.line(`for (var e = lid & 1u; e < ${columns}u; e += 2u) {`);
    w.line(`let col = c0 + e; let at = mine * ${pitch}u + e;`);
    w.line('if (there && col < columns) {');
    coordinates(w, 'col', kernel.inner, 'j');
    inside(new Set());
    w.line(outside === '' ? '} }' : `} else { ${outside} } }`);
  }

  /** Combines the results of both threads of a row. */
  private both(i: number, combine: (x: string, y: string) => string, type: string): void {
    const { w } = this;
    w.declarations += `var<workgroup> w${i}: array<${type}, ${this.sizes.team}>;\n`;
    w.line(`w${i}[lid] = a${i}; workgroupBarrier();`);
    w.line(`let s${i} = ${combine(...pairOf(`w${i}`))};`);
    this.body.row.add(i);
  }

  /** The reductions of one level. */
  private reduce(pass: number): void {
    const { w, body } = this;
    body.rowValues(pass);
    const mine = body.reductions(pass);
    for (const { s, i } of mine)
      w.line(`var a${i}: ${typeOf(s.dtype)} = ${identity(w, s.op, s.dtype)};`);
    this.overTiles(() =>
      this.overPoints((scope) => {
        for (const { s, i } of mine) {
          body.emit(s.arg, scope);
          w.line(`a${i} = ${fold(w, s.op, s.dtype, `a${i}`, `s${s.arg}`)};`);
        }
      }),
    );
    for (const { s, i } of mine)
      this.both(i, (x, y) => fold(w, s.op, s.dtype, x, y), typeOf(s.dtype));
  }

  /**
   * The maximum and the sum of a softmax, and with `sums` the sums over the points, which are rescaled when the maximum
   * changes.
   */
  private onlinePass({ score, max, sum }: Softmax, sums: boolean): void {
    const { w, body } = this;
    const most = (x: string, y: string): string => fold(w, 'max', 'float32', x, y);
    const exp = w.use('expf');
    w.declarations += `var<workgroup> top: array<f32, ${this.sizes.team}>;\n`;
    w.line(`var a${max} = ${identity(w, 'max', 'float32')}; var a${sum} = 0.0;`);
    this.overTiles(() => {
      w.line(`var most = a${max};`);
      this.overPoints((scope) => {
        body.emit(score, scope);
        w.line(`t0[at] = s${score}; most = ${most('most', `s${score}`)};`);
      });
      w.line('top[lid] = most; workgroupBarrier();');
      w.line(`let now = ${most(...pairOf('top'))};`);
      // If all scores so far are masked, there is nothing to add.
      w.line('let none = bitcast<u32>(now) == 0xff800000u;');
      w.line(`let scale = select(${exp}(a${max} - now), 1.0, none); var part = 0.0;`);
      this.overPoints(
        () => {
          w.line(`let x = select(${exp}(t0[at] - now), 0.0, none); part += x;`);
          if (sums) w.line('t0[at] = x;');
        },
        sums ? 't0[at] = 0.0;' : '',
      );
      w.line(`a${sum} = a${sum} * scale + part; a${max} = now;`);
      if (!sums) return;
      w.line('if ((lid & 1u) == 0u) { factor[mine] = scale; } workgroupBarrier();');
      this.tiles.scaleSums();
      this.tiles.addProducts(() => 0);
    });
    w.line(`let s${max} = a${max};`);
    // The result of −∞ − −∞.
    w.line(`a${sum} = select(a${sum}, ${w.use('nan')}(), bitcast<u32>(a${max}) == 0xff800000u);`);
    body.row.add(max);
    this.both(sum, (x, y) => `${x} + ${y}`, 'f32');
  }

  /** Turns the sums of exponentials into the results that are needed. */
  private finishOnline({ exponential }: Softmax): void {
    const { w, kernel, body } = this;
    const { value } = kernel.contractions[0]!;
    w.line(`{ let s${exponential} = 1.0;`);
    const scope = new Set([exponential]);
    body.emit(value, scope);
    w.line(`if ((lid & 1u) == 0u) { factor[mine] = s${value}; } }`);
    w.line('workgroupBarrier();');
    this.tiles.scaleSums();
  }

  /** The sums over all points, once all values of the rows are known. */
  private lastPass(): void {
    const { w, kernel, body, byRows } = this;
    const { contractions } = kernel;
    const zeros = contractions.map((_, k) => `t${k}[at] = 0.0;`).join(' ');
    this.overTiles(() => {
      if (!byRows) {
        body.row.clear();
        this.rowPlaces();
        body.rowValues(0);
      }
      this.overPoints((scope) => {
        for (const { value } of contractions) body.emit(value, scope);
        contractions.forEach(({ value }, k) => {
          const x = cast(w, `s${value}`, kernel.body[value]!.dtype, 'float32');
          w.line(`t${k}[at] = ${x};`);
        });
      }, zeros);
      w.line('workgroupBarrier();');
      this.tiles.addProducts((k) => k);
    });
  }

  private storeRows(): void {
    const { w, kernel, body } = this;
    const { outputs, inputs } = kernel;
    if (outputs.length === 0) return;
    w.line('if (live && there && (lid & 1u) == 0u) {');
    outputs.forEach(({ value, dtype }, n) => {
      body.emit(value, body.row);
      const x = cast(w, `s${value}`, kernel.body[value]!.dtype, dtype);
      w.line(store(dtype, `o${inputs.length + n}`, x));
    });
    w.line('}');
  }
}

/** The two elements of an array that a pair of threads has written. */
function pairOf(array: string): [string, string] {
  return [`${array}[mine * 2u]`, `${array}[mine * 2u + 1u]`];
}
