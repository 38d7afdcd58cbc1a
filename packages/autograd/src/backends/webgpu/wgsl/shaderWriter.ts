/** @file Writes a kernel: its lines, the words that it reads, and the values that it refuses. */
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import {
  codeOf,
  WORKGROUP_INDEX,
  vectorsOf,
  type Refusal,
  type Shader,
  type Unit,
  type Word,
} from './shader.js';

/** Fault, +∞, −∞ and NaN, for which WGSL has no constants. */
const FIXED: readonly Word[] = [
  { kind: 'fault' },
  { kind: 'number', value: 0x7f800000 },
  { kind: 'number', value: 0xff800000 },
  { kind: 'number', value: 0x7fc00000 },
];

/** A kernel that does nothing except note the value that the one before it has refused. */
export function witness(): Shader {
  return new ShaderWriter().threads(1);
}

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

  /** Makes the kernel read and write the heap in vectors of four words. */
  readVectors(): void {
    this.unit = 'vec4<u32>';
  }

  /** A number that is known when the kernel is planned, as a word: an expression of type u32. */
  word(value: number): string {
    return this.entry({ kind: 'number', value: value >>> 0 });
  }

  /** The address of a value. */
  address({ buffer, offset }: BufferRef): string {
    return this.entry({ kind: 'address', buffer, offset });
  }

  /** The name of a function of the library, which is then included. */
  use(name: string): string {
    this.functions.add(name);
    return name;
  }

  /** A name that is not used yet. */
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
      `let row = teamAt * 64u + lid;\nif (row >= ${size} || refused(p[0].x)) { return; }\n`,
    );
  }

  /**
   * A workgroup of `team` threads for each of `count` rows; its threads may wait at barriers, and must store only if `live`.
   */
  teams(count: number, team: number): Shader {
    const size = this.word(count);
    return this.finish(
      count,
      team,
      `let row = teamAt;\nif (row >= ${size}) { return; }\nlet live = !refused(p[0].x);\n`,
    );
  }

  private finish(groups: number, team: number, head: string): Shader {
    const { words, functions, declarations, unit, refusals, body } = this;
    const parts = { functions, declarations, unit, team, main: head + body };
    const code = codeOf(
      parts,
      vectorsOf(words.length),
      `let teamAt = ${WORKGROUP_INDEX};\n${parts.main}`,
    );
    return { code, words, groups, refusals, parts };
  }

  private entry(word: Word): string {
    const at = this.words.push(word) - 1;
    return `p[${at >> 2}].${'xyzw'.charAt(at & 3)}`;
  }
}
