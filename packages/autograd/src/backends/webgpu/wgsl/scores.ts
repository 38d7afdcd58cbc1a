/**
 * @file Scores that are never stored (FlashAttention, Dao et al. 2022): a workgroup has 32 rows, or columns, and goes over tiles
 * of 32 × 32 scores. In each tile every thread multiplies out four by four of them, then a pair of threads has the
 * points of a row, then every thread adds the products with the other matrix to its part of the results.
 */
import type { Contraction, Dot, ScoresKernel, Softmax } from '../attention/scores.js';
import { softmaxOf } from '../attention/scores.js';
import { BodyWriter } from './body.js';
import { cast, fold, identity } from './elements.js';
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
import { DEPTH, fillSide, type Operand } from './tiles.js';

const TILE = 32;
const TEAM = 64;
/** Elements from one row of a tile to the next: one more, so that a column lies in different banks. */
const PITCH = TILE + 1;
/** Vectors from one step of k to the next. */
const VECTORS = TILE / 4 + 1;

export function scoresShader(kernel: ScoresKernel): Shader {
  return new ScoresShader(kernel).write();
}

class ScoresShader {
  private readonly w = new ShaderWriter();
  private readonly kernel: ScoresKernel;
  private readonly body: BodyWriter;
  private readonly dots: readonly { readonly dot: Dot; readonly input: number }[];
  /** The tile that holds the scores of each dot, by its input. */
  private readonly tileOf = new Map<number, number>();
  private readonly byRows: boolean;
  private readonly tiles: number;
  /** Steps of k in workgroup memory, which is small. */
  private readonly steps: number;

  constructor(kernel: ScoresKernel) {
    this.kernel = kernel;
    this.byRows = kernel.over === 'rows';
    const { inputs, outer } = kernel;
    const rank = outer.length;
    this.dots = inputs.flatMap((dot, input) => (dot.kind === 'dot' ? [{ dot, input }] : []));
    this.dots.forEach(({ input }, tile) => this.tileOf.set(input, tile));
    this.tiles = Math.max(this.dots.length, kernel.contractions.length);
    this.steps = this.tiles > 2 ? DEPTH / 2 : DEPTH;
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
    const { w, kernel, byRows, body } = this;
    const { batch, rows, columns, contractions } = kernel;
    const { tiles, steps } = this;
    w.declarations += `var<workgroup> da: array<vec4<f32>, ${VECTORS * steps}>;\nvar<workgroup> db: array<vec4<f32>, ${VECTORS * steps}>;\n`;
    for (let t = 0; t < tiles; t++)
      w.declarations += `var<workgroup> t${t}: array<f32, ${TILE * PITCH}>;\n`;
    w.declarations += `var<workgroup> factor: array<f32, ${TILE}>;\n`;
    const own = Math.ceil((byRows ? rows : columns) / TILE);
    coordinates(w, 'row', [product(batch), own], 'u');
    coordinates(w, 'u0', batch, 'b');
    w.line(`let rows = ${w.word(rows)}; let columns = ${w.word(columns)};`);
    w.line(`let ${byRows ? 'r0' : 'c0'} = u1 * ${TILE}u;`);
    w.line('let r = (lid / 8u) * 4u; let c = (lid % 8u) * 4u; let mine = lid >> 1u;');
    this.bases();
    contractions.forEach(({ n }, k) => {
      for (let u = 0; u < n / 8; u++) w.line(`var acc${k}_${u} = vec4<f32>(0.0);`);
    });
    if (!byRows) this.lastPass();
    else {
      this.rowPlaces();
      const online = this.softmax();
      const alone = online !== null && this.isLinear(online);
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
    contractions.forEach((contraction, k) => this.storeSums(contraction, k));
    return w.teams(product(batch) * own, TEAM);
  }

  /** The softmax that the reductions begin with, if there is one. */
  private softmax(): Softmax | null {
    const found = softmaxOf(this.kernel.body);
    const first = [...this.body.reductions(0), ...this.body.reductions(1)].map(({ i }) => i);
    return found !== null && first.join() === `${found.max},${found.sum}` ? found : null;
  }

  /** Where the matrices of this member of the batch begin. */
  private bases(): void {
    const { w, kernel } = this;
    const rank = kernel.batch.length;
    const base = (x: Dot['a']): string =>
      `${w.address(x)}${offsetOf(w, x.strides.slice(0, rank), 'b')}`;
    this.dots.forEach(({ dot: { a, b } }, d) =>
      w.line(`let x${d} = ${base(a)}; let y${d} = ${base(b)};`),
    );
    kernel.contractions.forEach(({ other, out }, k) =>
      w.line(`let z${k} = ${base(other)}; let to${k} = ${base(out)};`),
    );
  }

  /** The row of this pair of threads: its coordinates, and where its elements begin. */
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

  /** Goes over the tiles. */
  private overTiles(tile: () => void): void {
    const { w, byRows } = this;
    const [at, end] = byRows ? ['c0', 'columns'] : ['r0', 'rows'];
    w.line(`for (var ${at} = 0u; ${at} < ${end}; ${at} += ${TILE}u) {`);
    this.multiply();
    tile();
    w.line('workgroupBarrier();\n}');
  }

  /** The scores of a tile: some steps of k of both matrices lie in workgroup memory at a time. */
  private multiply(): void {
    const { w, steps } = this;
    const rank = this.kernel.batch.length;
    const operand = (stepsAlong: boolean, from: string, side: string, along: string): Operand => ({
      stepsAlong,
      step: () => undefined,
      element: (row) => w.line(`v = bitcast<f32>(h[${from} + ${row} * ${side} + k * ${along}]);`),
      vectorAt: null,
    });
    this.dots.forEach(({ dot: { a, b, k } }, d) => {
      const [ar, ak] = a.strides.slice(rank) as [number, number];
      const [bk, bc] = b.strides.slice(rank) as [number, number];
      w.line(`{ let ar = ${w.word(ar)}; let ak = ${w.word(ak)}; let bk = ${w.word(bk)};`);
      w.line(`let bc = ${w.word(bc)}; let depth = ${w.word(k)};`);
      for (let i = 0; i < 4; i++) w.line(`var s${i} = vec4<f32>(0.0);`);
      w.line(`for (var q = 0u; q < depth; q += ${steps}u) {`);
      const side = { w, team: TEAM, whole: k % steps === 0, steps, pitch: VECTORS, size: TILE };
      fillSide(
        { ...side, to: 'da', first: 'r0', end: 'rows' },
        operand(ak === 1, `x${d}`, 'ar', 'ak'),
      );
      fillSide(
        { ...side, to: 'db', first: 'c0', end: 'columns' },
        operand(bk === 1, `y${d}`, 'bc', 'bk'),
      );
      w.line(`workgroupBarrier();\nfor (var s = 0u; s < ${steps}u; s++) {`);
      w.line(`let x = da[s * ${VECTORS}u + (r >> 2u)]; let y = db[s * ${VECTORS}u + (c >> 2u)];`);
      for (let i = 0; i < 4; i++) w.line(`s${i} = fma(vec4<f32>(x[${i}]), y, s${i});`);
      w.line('}\nworkgroupBarrier();\n}');
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < 4; j++)
          w.line(`t${d}[(r + ${i}u) * ${PITCH}u + c + ${j}u] = s${i}[${j}];`);
      w.line('}');
    });
    w.line('workgroupBarrier();');
  }

  /** Goes over the points of a row that one of its two threads has; `outside` are lines for those that are none. */
  private overPoints(inside: (scope: Set<number>) => void, outside = ''): void {
    const { w, kernel } = this;
    w.line(`for (var e = lid & 1u; e < ${TILE}u; e += 2u) {`);
    w.line(`let col = c0 + e; let at = mine * ${PITCH}u + e;`);
    w.line('if (there && col < columns) {');
    coordinates(w, 'col', kernel.inner, 'j');
    inside(new Set());
    w.line(outside === '' ? '} }' : `} else { ${outside} } }`);
  }

  /** What both threads of a row have found, as one. */
  private both(i: number, combine: (x: string, y: string) => string, type: string): void {
    const { w } = this;
    w.declarations += `var<workgroup> w${i}: array<${type}, ${TEAM}>;\n`;
    w.line(`w${i}[lid] = a${i}; workgroupBarrier();`);
    w.line(`let s${i} = ${combine(`w${i}[lid & 62u]`, `w${i}[lid | 1u]`)};`);
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

  /** The maximum and the sum of a softmax, and with `sums` the sums over the points: these follow the maximum. */
  private onlinePass({ score, max, sum }: Softmax, sums: boolean): void {
    const { w, body } = this;
    const most = (x: string, y: string): string => fold(w, 'max', 'float32', x, y);
    const exp = w.use('expf');
    w.declarations += `var<workgroup> top: array<f32, ${TEAM}>;\n`;
    w.line(`var a${max} = ${identity(w, 'max', 'float32')}; var a${sum} = 0.0;`);
    this.overTiles(() => {
      w.line(`var most = a${max};`);
      this.overPoints((scope) => {
        body.emit(score, scope);
        w.line(`t0[at] = s${score}; most = ${most('most', `s${score}`)};`);
      });
      w.line('top[lid] = most; workgroupBarrier();');
      w.line(`let now = ${most('top[lid & 62u]', 'top[lid | 1u]')};`);
      // Where nothing may be looked at so far there is nothing to add.
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
      this.scaleSums();
      this.addProducts(() => 0);
    });
    w.line(`let s${max} = a${max};`);
    // As −∞ − −∞ would be.
    w.line(`a${sum} = select(a${sum}, ${w.use('nan')}(), bitcast<u32>(a${max}) == 0xff800000u);`);
    body.row.add(max);
    this.both(sum, (x, y) => `${x} + ${y}`, 'f32');
  }

  /** Whether all that is summed up is the exponential of the softmax times something of the row. */
  private isLinear({ exponential, sum }: Softmax): boolean {
    const { kernel, body } = this;
    const scalars = kernel.body;
    const linear = (i: number): boolean => {
      if (i === exponential) return true;
      const s = scalars[i]!;
      if (s.kind === 'const') return s.value === 0;
      if (s.kind !== 'op') return false;
      const [x, y, z] = s.args as [number, number, number];
      if (s.op === 'where') return !body.point[x]! && linear(y) && linear(z);
      if (s.op !== 'mul') return false;
      return body.point[x]! ? !body.point[y]! && linear(x) : body.point[y]! && linear(y);
    };
    const { contractions } = kernel;
    return (
      body.depth <= body.level[sum]! &&
      contractions.length === 1 &&
      contractions.every(({ value }) => body.point[value]! && linear(value))
    );
  }

  /** Makes of the sums of exponentials what was asked for. */
  private finishOnline({ exponential }: Softmax): void {
    const { w, kernel, body } = this;
    const { value } = kernel.contractions[0]!;
    w.line(`{ let s${exponential} = 1.0;`);
    const scope = new Set([exponential]);
    body.emit(value, scope);
    w.line(`if ((lid & 1u) == 0u) { factor[mine] = s${value}; } }`);
    w.line('workgroupBarrier();');
    this.scaleSums();
  }

  /** Multiplies the sums of each row by its factor. */
  private scaleSums(): void {
    const { w, kernel } = this;
    w.line('{ let f = vec4<f32>(factor[r], factor[r + 1u], factor[r + 2u], factor[r + 3u]);');
    kernel.contractions.forEach(({ n }, k) => {
      for (let u = 0; u < n / 8; u++) w.line(`acc${k}_${u} *= f;`);
    });
    w.line('}');
  }

  /** The sums over all points, once all that is known of the rows is. */
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
      this.addProducts((k) => k);
    });
  }

  /** Adds the products of a tile with the other matrices. */
  private addProducts(tileOf: (k: number) => number): void {
    const { w, kernel, byRows } = this;
    const rank = kernel.batch.length;
    kernel.contractions.forEach(({ other, n }, k) => {
      const [along, side] = other.strides.slice(rank) as [number, number];
      const t = tileOf(k);
      const [first, end] = byRows ? ['c0', 'columns'] : ['r0', 'rows'];
      w.line(`{ let along = ${w.word(along)}; let side = ${w.word(side)};`);
      w.line(`let last = ${w.word(n)} - 1u; let end = min(${TILE}u, ${end} - ${first});`);
      w.line(`for (var q = 0u; q < end; q++) { let z = z${k} + (${first} + q) * along;`);
      const elements = [0, 1, 2, 3].map((i) =>
        byRows ? `t${t}[(r + ${i}u) * ${PITCH}u + q]` : `t${t}[q * ${PITCH}u + r + ${i}u]`,
      );
      w.line(`let f = vec4<f32>(${elements.join(', ')});`);
      for (let u = 0; u < n / 8; u++) {
        const at = `z + min((lid % 8u) + ${8 * u}u, last) * side`;
        w.line(`acc${k}_${u} = fma(f, vec4<f32>(bitcast<f32>(h[${at}])), acc${k}_${u});`);
      }
      w.line('} }');
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

  private storeSums({ out, n }: Contraction, k: number): void {
    const { w, kernel, byRows } = this;
    const [along, side] = out.strides.slice(kernel.batch.length) as [number, number];
    const [first, end] = byRows ? ['r0', 'rows'] : ['c0', 'columns'];
    w.line(`{ let along = ${w.word(along)}; let side = ${w.word(side)}; let n = ${w.word(n)};`);
    for (let u = 0; u < n / 8; u++)
      for (let i = 0; i < 4; i++) {
        const inside = `live && ${first} + r + ${i}u < ${end} && (lid % 8u) + ${8 * u}u < n`;
        const at = `to${k} + (${first} + r + ${i}u) * along + ((lid % 8u) + ${8 * u}u) * side`;
        w.line(`if (${inside}) { h[${at}] = bitcast<u32>(acc${k}_${u}[${i}]); }`);
      }
    w.line('}');
  }
}
