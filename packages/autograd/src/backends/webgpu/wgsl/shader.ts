/**
 * @file A kernel of the device: its text, and the words that it reads. Sizes, strides and addresses are words of its parameter
 * block, so that kernels of one form share a pipeline whatever their sizes.
 */
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import { withDependencies } from './functions/library.js';

/** The contents of a word of the parameter block. */
export type Word =
  | { readonly kind: 'number'; readonly value: number }
  /** The address of a value plus an offset in elements. */
  | { readonly kind: 'address'; readonly buffer: number; readonly offset: number }
  /** The word that the kernel writes to the fault buffer if it refuses something. */
  | { readonly kind: 'fault' };

/** A value that a kernel may refuse, for the error. */
export interface Refusal {
  readonly kind: 'index' | 'divisor' | 'between' | 'singular' | 'notPositive';
  /** The operation, if the kernel computes several. */
  readonly op?: string;
  /** The location of the refused value; the position is counted in its elements. */
  readonly place: BufferRef | null;
  readonly limit: number;
}

/** A kernel that is ready for the device. */
export interface Shader {
  readonly code: string;
  readonly words: readonly Word[];
  /** Workgroups to start. */
  readonly groups: number;
  /** What it may refuse, by the number that it writes to the fault buffer. */
  readonly refusals: readonly Refusal[];
  /** The parts of the code. */
  readonly parts: ShaderParts;
}

export type Unit = 'u32' | 'vec4<u32>';

export interface ShaderParts {
  /** The functions of the library that it calls. */
  readonly functions: ReadonlySet<string>;
  readonly declarations: string;
  /** The element type of the heap. */
  readonly unit: Unit;
  /** Threads of a workgroup. */
  readonly team: number;
  readonly main: string;
}

/** The number of vectors of four words in a parameter block of this many words. */
export function vectorsOf(words: number): number {
  return Math.ceil(words / 4);
}

export const VECTOR_BYTES = 16;

/** The most workgroups in one dimension of a dispatch. */
export const MAX_WORKGROUPS = 65535;

/** The number of a workgroup. */
export const WORKGROUP_INDEX = `wg.x + wg.y * ${MAX_WORKGROUPS}u`;

/**
 * The fault words: the kernel and run that refused something, the position, the address from which it counts, which refusal it
 * is, whether the value was noted, and the value.
 */
export const FAULT_WORDS = 8;

/**
 * Whether a kernel has refused something, so that this one must do nothing. The first kernel after that one notes the value,
 * because data of later runs may overwrite it.
 */
function refusedText(unit: Unit): string {
  const value = unit === 'u32' ? 'h[at]' : 'h[at >> 2u][at & 3u]';
  const length = unit === 'u32' ? 'arrayLength(&h)' : '4u * arrayLength(&h)';
  return `fn refused(own: u32) -> bool {
let by = atomicLoad(&fault[0]);
if (by != 0u && by != own && atomicLoad(&fault[4]) == 0u) {
let at = min(atomicLoad(&fault[1]) + atomicLoad(&fault[2]), ${length} - 1u);
atomicStore(&fault[5], ${value}); atomicStore(&fault[4], 1u);
}
return by != 0u;
}
`;
}

/** The whole text of a kernel whose block has this many vectors of four words. */
export function codeOf(
  { functions, declarations, unit, team }: ShaderParts,
  blocks: number,
  main: string,
): string {
  return `@group(0) @binding(0) var<storage, read_write> h: array<${unit}>;
@group(0) @binding(1) var<uniform> p: array<vec4<u32>, ${blocks}>;
@group(0) @binding(2) var<storage, read_write> fault: array<atomic<u32>, ${FAULT_WORDS}>;
${refusedText(unit)}${withDependencies(functions)}${declarations}@compute @workgroup_size(${team})
fn main(@builtin(workgroup_id) wg: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
${main}}
`;
}

/**
 * Several shaders with the same text as one that starts them all. Each keeps its words, followed by the number of its first
 * workgroup, by which a workgroup finds its shader.
 */
export function sideBySide(shaders: readonly Shader[]): Shader {
  const { parts, words: some, refusals } = shaders[0]!;
  const blocks = Math.floor(some.length / 4) + 1;
  const words: Word[] = [];
  let groups = 0;
  for (const shader of shaders) {
    const padding = 4 * blocks - 1 - shader.words.length;
    words.push(...shader.words, ...Array.from({ length: padding }, () => ZERO_WORD));
    words.push({ kind: 'number', value: groups });
    groups += shader.groups;
  }
  const last = blocks - 1;
  const main = `let teams = ${WORKGROUP_INDEX}; var blockAt = 0u;
for (var k = ${blocks}u; k < ${blocks * shaders.length}u; k += ${blocks}u) { if (teams >= p[k + ${last}u].w) { blockAt = k; } }
let teamAt = teams - p[blockAt + ${last}u].w;
${parts.main.replace(/\bp\[(\d+)\]/g, 'p[blockAt + $1u]')}`;
  return { code: codeOf(parts, blocks * shaders.length, main), words, groups, refusals, parts };
}

const ZERO_WORD: Word = { kind: 'number', value: 0 };
