/**
 * @file Merges independent steps with the same shader text into one, so that each of its shaders is one dispatch: the updates
 * of all parameters of an optimizer, the projections of queries, keys and values, sums in parts, the pieces of a concatenation.
 */
import type { ShaderStep, Step } from '../compiled.js';
import { isDisjoint, writtenRegions, type BufferRegion } from './bufferRegions.js';
import { sideBySide } from '../wgsl/shader.js';

/** How many steps back to look for a partner. */
const MAX_DISTANCE = 64;
/** The parameter words of a kernel that every device supports. */
const MAX_WORDS = 4096;

/** Steps that are merged into one. */
interface Group {
  readonly steps: Step[];
  readonly reads: Set<number>;
  readonly writes: Set<number>;
  /** The pieces that it writes, for buffers where they are known. */
  readonly pieces: Map<number, BufferRegion[]>;
  /** The text of its shaders, if it may be merged. */
  readonly code: string | null;
  /** The words of the longest parameter block, added up over the merged steps. */
  words: number;
}

/** The steps in an order in which they can run. `rootOf` returns the buffer in which a window lies. */
export function groupSteps(steps: readonly Step[], rootOf: (buffer: number) => number): Step[] {
  const groups: Group[] = [];
  for (const step of steps) {
    const group = groupOf(step, rootOf);
    const partner = group.code === null ? null : partnerOf(groups, group);
    if (partner === null) {
      groups.push(group);
      continue;
    }
    partner.steps.push(step);
    partner.words += group.words;
    for (const slot of group.reads) partner.reads.add(slot);
    for (const slot of group.writes) partner.writes.add(slot);
    for (const [slot, pieces] of group.pieces)
      partner.pieces.set(slot, [...(partner.pieces.get(slot) ?? []), ...pieces]);
  }
  return groups.map(({ steps }) =>
    steps.length === 1 ? steps[0]! : joined(steps as ShaderStep[]),
  );
}

/** The last group with the same text, unless a later group must come before. */
function partnerOf(groups: readonly Group[], group: Group): Group | null {
  const first = Math.max(0, groups.length - MAX_DISTANCE);
  for (let i = groups.length - 1; i >= first; i--) {
    const other = groups[i]!;
    if (canMove(group, other)) return null;
    if (other.code === group.code && other.words + group.words <= MAX_WORDS) return other;
  }
  return null;
}

function canMove(later: Group, earlier: Group): boolean {
  for (const slot of later.writes) {
    if (earlier.reads.has(slot)) return true;
    if (
      earlier.writes.has(slot) &&
      !isIndependent(later.pieces.get(slot), earlier.pieces.get(slot))
    )
      return true;
  }
  for (const slot of later.reads) if (earlier.writes.has(slot)) return true;
  return false;
}

function isIndependent(
  some: readonly BufferRegion[] | undefined,
  others: readonly BufferRegion[] | undefined,
): boolean {
  if (some === undefined || others === undefined) return false;
  return some.every((piece) => others.every((other) => isDisjoint(piece, other)));
}

function groupOf(step: Step, rootOf: (buffer: number) => number): Group {
  const buffers = buffersOf(step).map(rootOf);
  if (step.kind === 'loop') {
    const writes = new Set(step.results.values());
    const reads = new Set(buffers);
    return { steps: [step], reads, writes, pieces: new Map(), code: null, words: 0 };
  }
  const { shaders, kernels } = step;
  const writes = new Set(step.writes.map(rootOf));
  const alone = kernels.length === 0 || shaders.some(({ refusals }) => refusals.length > 0);
  const pieces = new Map<number, BufferRegion[]>();
  for (const piece of (kernels.length === 1 ? writtenRegions(kernels[0]!) : null) ?? [])
    if (rootOf(piece.buffer) === piece.buffer)
      pieces.set(piece.buffer, [...(pieces.get(piece.buffer) ?? []), piece]);
  return {
    steps: [step],
    reads: new Set(buffers.filter((slot) => !pieces.has(slot))),
    writes,
    pieces,
    code: alone || shaders.length === 0 ? null : shaders.map(({ code }) => code).join('\n'),
    words: Math.max(0, ...shaders.map(({ words }) => words.length + 4)),
  };
}

function joined(steps: readonly ShaderStep[]): ShaderStep {
  return {
    kind: 'shaders',
    shaders: steps[0]!.shaders.map((_, k) => sideBySide(steps.map(({ shaders }) => shaders[k]!))),
    slot: steps[0]!.slot,
    kernels: steps.flatMap(({ kernels }) => kernels),
    slots: steps.flatMap(({ slots }) => slots),
    writes: steps.flatMap(({ writes }) => writes),
  };
}

/** All slots that a step reads or writes. */
export function buffersOf(step: Step): number[] {
  if (step.kind === 'loop') return [...step.operands, ...step.results.values()];
  return step.shaders.flatMap(({ words }) =>
    words.flatMap((word) => (word.kind === 'address' ? [word.buffer] : [])),
  );
}
