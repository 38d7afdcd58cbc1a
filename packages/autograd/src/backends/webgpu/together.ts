/**
 * @file Shaders of one text that do not wait for each other become one dispatch: the updates of all parameters of an
 * optimizer, the projections of queries, keys and values.
 */
import type { ShaderStep, Step } from './compiled.js';
import { sideBySide } from './wgsl/shader.js';

/** So many steps back a partner is looked for. */
const FARTHEST = 64;
/** What every device takes as parameters of a kernel, in words. */
const MOST_WORDS = 4096;

/** Steps that become one. */
interface Group {
  readonly steps: Step[];
  readonly reads: Set<number>;
  readonly writes: Set<number>;
  /** The text, if it may have company. */
  readonly code: string | null;
  words: number;
}

/**
 * The steps in an order in which they can run. `scratch` is the buffer that any kernel may use while it runs, `rootOf` says in
 * which buffer a window lies.
 */
export function together(
  steps: readonly Step[],
  scratch: number,
  rootOf: (buffer: number) => number,
): Step[] {
  const groups: Group[] = [];
  for (const step of steps) {
    const group = groupOf(step, scratch, rootOf);
    const partner = group.code === null ? null : partnerOf(groups, group);
    if (partner === null) {
      groups.push(group);
      continue;
    }
    partner.steps.push(step);
    partner.words += group.words;
    for (const slot of group.reads) partner.reads.add(slot);
    for (const slot of group.writes) partner.writes.add(slot);
  }
  return groups.map(({ steps }) =>
    steps.length === 1 ? steps[0]! : joined(steps as ShaderStep[]),
  );
}

/** The last group of the same text, if nothing since then has to come before. */
function partnerOf(groups: readonly Group[], group: Group): Group | null {
  const first = Math.max(0, groups.length - FARTHEST);
  for (let i = groups.length - 1; i >= first; i--) {
    const other = groups[i]!;
    if (waits(group, other)) return null;
    if (other.code === group.code && other.words + group.words <= MOST_WORDS) return other;
  }
  return null;
}

function waits(later: Group, earlier: Group): boolean {
  for (const slot of later.writes)
    if (earlier.writes.has(slot) || earlier.reads.has(slot)) return true;
  for (const slot of later.reads) if (earlier.writes.has(slot)) return true;
  return false;
}

function groupOf(step: Step, scratch: number, rootOf: (buffer: number) => number): Group {
  const buffers = buffersOf(step).map(rootOf);
  if (step.kind === 'loop') {
    const writes = new Set(step.results.values());
    return { steps: [step], reads: new Set(buffers), writes, code: null, words: 0 };
  }
  const { shaders, kernels } = step;
  const writes = new Set(step.writes.map(rootOf));
  if (buffers.includes(scratch)) writes.add(scratch);
  const [shader] = shaders;
  const alone = shaders.length !== 1 || kernels.length === 0 || shader!.refusals.length > 0;
  return {
    steps: [step],
    reads: new Set(buffers),
    writes,
    code: alone ? null : shader!.code,
    words: shader === undefined ? 0 : shader.words.length + 4,
  };
}

function joined(steps: readonly ShaderStep[]): ShaderStep {
  return {
    kind: 'shaders',
    shaders: [sideBySide(steps.map(({ shaders }) => shaders[0]!))],
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
