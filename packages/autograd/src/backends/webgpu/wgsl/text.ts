/**
 * @file The text of a kernel, and the words it reads: sizes, strides and addresses are words of its parameter block, so that
 * kernels of one form share a pipeline whatever their sizes.
 */
import type { Place } from '../../../engine/compile/place.js';
import type { DType } from '../../../graph/dtype.js';
import { withDependencies } from './functions/library.js';
import { number } from './functions/text.js';

/** What a word of the parameter block holds. */
export type Word =
  | { readonly kind: 'number'; readonly value: number }
  /** The address of a value, plus so many elements. */
  | { readonly kind: 'address'; readonly buffer: number; readonly offset: number }
  /** What the kernel writes to the fault buffer, should it find something wrong. */
  | { readonly kind: 'fault' };

/** What a kernel refuses, for the error that says so. */
export interface Refusal {
  readonly kind: 'index' | 'divisor' | 'between' | 'singular' | 'notPositive';
  /** The operation, where the kernel computes several. */
  readonly op?: string;
  /** Where the value that was refused lies; the position is counted in its elements. */
  readonly place: Place | null;
  readonly limit: number;
}

/** What is summed, in parts of so many elements; what comes of each lies one after the other. */
export interface Parts {
  readonly count: number;
  readonly length: number;
}

/** A kernel made ready for the device. */
export interface Shader {
  readonly code: string;
  readonly words: readonly Word[];
  /** Workgroups to start. */
  readonly groups: number;
  /** What it may refuse, by the number it leaves in the fault buffer. */
  readonly refusals: readonly Refusal[];
  /** What the code is made of. */
  readonly parts: ShaderParts;
}

type Unit = 'u32' | 'vec4<u32>';

interface ShaderParts {
  /** Functions of the library. */
  readonly functions: ReadonlySet<string>;
  readonly declarations: string;
  /** What the heap is an array of. */
  readonly unit: Unit;
  /** Threads of a workgroup. */
  readonly team: number;
  readonly main: string;
}

const TYPES: Readonly<Record<DType, string>> = {
  float32: 'f32',
  // A number of the host, rounded.
  float64: 'f32',
  int32: 'i32',
  bool: 'bool',
};

export function typeOf(dtype: DType): string {
  return TYPES[dtype];
}

/** Fault, +∞, −∞ and NaN, which WGSL has no constants for. */
const FIXED: readonly Word[] = [
  { kind: 'fault' },
  { kind: 'number', value: 0x7f800000 },
  { kind: 'number', value: 0xff800000 },
  { kind: 'number', value: 0x7fc00000 },
];

/** Workgroups of one dimension of a dispatch. */
export const MOST_GROUPS = 65535;

/** Writes one kernel. */
export class ShaderWriter {
  body = '';
  /** Declarations of workgroup memory and the like. */
  declarations = '';
  private readonly words: Word[] = [...FIXED];
  private readonly functions = new Set<string>();
  private readonly refusals: Refusal[] = [];
  private names = 0;
  private unit: Unit = 'u32';

  /** The kernel reads and writes the heap in vectors of four words. */
  readVectors(): void {
    this.unit = 'vec4<u32>';
  }

  /** A number known to the plan, as a word: an expression of type u32. */
  word(value: number): string {
    return this.entry({ kind: 'number', value: value >>> 0 });
  }

  /** The address of a value. */
  address({ buffer, offset }: Place): string {
    return this.entry({ kind: 'address', buffer, offset });
  }

  /** The name of a function of the library, which comes along. */
  use(name: string): string {
    this.functions.add(name);
    return name;
  }

  /** A name nobody has used. */
  fresh(prefix: string): string {
    return `${prefix}_${this.names++}`;
  }

  line(text: string): void {
    this.body += `${text}\n`;
  }

  /** Statements that refuse the value at a position. */
  refuse(position: string, refusal: Refusal): string {
    const number = this.refusals.push(refusal) - 1;
    const base = refusal.place === null ? '0u' : this.address(refusal.place);
    return (
      `atomicStore(&fault[0], p[0].x); atomicMin(&fault[1], ${position}); ` +
      `atomicStore(&fault[2], ${base}); atomicStore(&fault[3], ${number}u);`
    );
  }

  /** One thread for each of `count` points: `row` is its number. */
  threads(count: number): Shader {
    const size = this.word(count);
    return this.finish(
      Math.ceil(count / 64),
      64,
      `let row = teamAt * 64u + lid;\nif (row >= ${size} || atomicLoad(&fault[0]) != 0u) { return; }\n`,
    );
  }

  /** A workgroup of `team` threads for each of `count` rows, which may meet at barriers; stores must be behind `live`. */
  teams(count: number, team: number): Shader {
    const size = this.word(count);
    return this.finish(
      count,
      team,
      `let row = teamAt;\nif (row >= ${size}) { return; }\nlet live = atomicLoad(&fault[0]) == 0u;\n`,
    );
  }

  private finish(groups: number, team: number, head: string): Shader {
    const { words, functions, declarations, unit, refusals, body } = this;
    const parts = { functions, declarations, unit, team, main: head + body };
    const start = `let teamAt = ${TEAM_NUMBER};\n`;
    const code = codeOf(parts, Math.ceil(words.length / 4), start + parts.main);
    return { code, words, groups, refusals, parts };
  }

  private entry(word: Word): string {
    const at = this.words.push(word) - 1;
    return `p[${at >> 2}].${'xyzw'.charAt(at & 3)}`;
  }
}

const TEAM_NUMBER = `wg.x + wg.y * ${MOST_GROUPS}u`;

function codeOf(
  { functions, declarations, unit, team }: ShaderParts,
  blocks: number,
  main: string,
): string {
  return `@group(0) @binding(0) var<storage, read_write> h: array<${unit}>;
@group(0) @binding(1) var<uniform> p: array<vec4<u32>, ${blocks}>;
@group(0) @binding(2) var<storage, read_write> fault: array<atomic<u32>, 4>;
${withDependencies(functions)}${declarations}@compute @workgroup_size(${team})
fn main(@builtin(workgroup_id) wg: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
${main}}
`;
}

/**
 * Shaders of one text as one that starts them all. Each keeps its words, and behind them the number of its first workgroup: by
 * that a workgroup finds its own.
 */
export function sideBySide(shaders: readonly Shader[]): Shader {
  const { parts, words: some, refusals } = shaders[0]!;
  const blocks = Math.floor(some.length / 4) + 1;
  const words: Word[] = [];
  let groups = 0;
  for (const shader of shaders) {
    const padding = 4 * blocks - 1 - shader.words.length;
    words.push(...shader.words, ...Array.from({ length: padding }, () => NOTHING));
    words.push({ kind: 'number', value: groups });
    groups += shader.groups;
  }
  const last = blocks - 1;
  const main = `let teams = ${TEAM_NUMBER}; var blockAt = 0u;
for (var k = ${blocks}u; k < ${blocks * shaders.length}u; k += ${blocks}u) { if (teams >= p[k + ${last}u].w) { blockAt = k; } }
let teamAt = teams - p[blockAt + ${last}u].w;
${parts.main.replace(/\bp\[(\d+)\]/g, 'p[blockAt + $1u]')}`;
  return { code: codeOf(parts, blocks * shaders.length, main), words, groups, refusals, parts };
}

const NOTHING: Word = { kind: 'number', value: 0 };

/** The element at an address, as its type. */
export function load(dtype: DType, at: string): string {
  if (dtype === 'bool') return `(h[${at}] != 0u)`;
  return dtype === 'int32' ? `bitcast<i32>(h[${at}])` : `bitcast<f32>(h[${at}])`;
}

export function store(dtype: DType, at: string, x: string): string {
  return dtype === 'bool' ? `h[${at}] = select(0u, 1u, ${x});` : `h[${at}] = bitcast<u32>(${x});`;
}

/** A number as a constant of a type. */
export function literal(w: ShaderWriter, x: number, dtype: DType): string {
  if (dtype === 'bool') return x !== 0 ? 'true' : 'false';
  if (dtype === 'int32') return x === -2147483648 ? '(-2147483647 - 1)' : `i32(${Math.trunc(x)})`;
  const y = Math.fround(x);
  if (Number.isNaN(y)) return `${w.use('nan')}()`;
  if (Math.abs(y) === Infinity) return y > 0 ? `${w.use('inf')}()` : `(-${w.use('inf')}())`;
  if (Object.is(y, -0)) return 'bitcast<f32>(0x80000000u)';
  return number(y);
}

/** Neighbouring dimensions that every access walks as one. */
export function collapse(
  sizes: readonly number[],
  strides: readonly (readonly number[])[],
): { readonly sizes: readonly number[]; readonly strides: readonly (readonly number[])[] } {
  const out: number[] = [];
  const kept = strides.map((): number[] => []);
  sizes.forEach((size, d) => {
    const last = out.length - 1;
    if (size === 1) return;
    if (last >= 0 && strides.every((s, a) => kept[a]![last] === s[d]! * size)) {
      out[last]! *= size;
      strides.forEach((s, a) => (kept[a]![last] = s[d]!));
    } else {
      out.push(size);
      strides.forEach((s, a) => kept[a]!.push(s[d]!));
    }
  });
  return { sizes: out, strides: kept };
}

/** Lines that give the coordinates of a flat index their names: `i0`, `i1`, …. */
export function coordinates(
  w: ShaderWriter,
  flat: string,
  sizes: readonly number[],
  name: string,
): void {
  let rest = flat;
  for (let d = sizes.length - 1; d >= 0; d--) {
    if (d === 0) {
      w.line(`let ${name}0 = ${rest};`);
      return;
    }
    const size = w.fresh('n');
    w.line(`let ${size} = ${w.word(sizes[d]!)};`);
    w.line(`let ${name}${d} = ${rest} % ${size}; let ${name}r${d} = ${rest} / ${size};`);
    rest = `${name}r${d}`;
  }
}

/** `+ i0 * stride + …` of the coordinates of a name. */
export function offsetOf(w: ShaderWriter, strides: readonly number[], name: string): string {
  return strides
    .map((s, d) => {
      if (s === 0) return '';
      return s === 1 ? ` + ${name}${d}` : ` + ${name}${d} * ${w.word(s)}`;
    })
    .join('');
}

export function product(xs: readonly number[]): number {
  return xs.reduce((a, b) => a * b, 1);
}
