/** @file Which steps read and write each buffer. */
import { bufferRefsOf, writtenBy } from '../../../engine/compile/kernel.js';
import type { Lowered } from '../../../engine/compile/lower.js';
import { rootsOf, type Window } from '../../../engine/compile/windows.js';
import type { ScoresStep } from '../attention/attention.js';

export class Uses {
  private readonly stored: ReadonlySet<number>;
  private readonly readers = new Map<number, number[]>();
  private readonly writers = new Map<number, number[]>();
  private readonly rootOf: (buffer: number) => number;

  constructor(
    steps: readonly (Lowered | ScoresStep)[],
    outputs: readonly number[],
    windows: readonly Window[],
  ) {
    this.stored = new Set([...outputs, ...windows.map(({ within }) => within)]);
    this.rootOf = rootsOf(windows);
    steps.forEach((step, at) => {
      const { reads, writes } = touched(step);
      for (const buffer of reads) note(this.readers, this.rootOf(buffer), at);
      for (const buffer of writes) note(this.writers, this.rootOf(buffer), at);
    });
  }

  /** Whether something other than a step reads a buffer: it is an output, or windows lie within it. */
  isStored(buffer: number): boolean {
    return this.stored.has(buffer);
  }

  /** The steps that read a buffer, or a window of it, in order. */
  readersOf(buffer: number): readonly number[] {
    return this.readers.get(this.rootOf(buffer)) ?? [];
  }

  writersOf(buffer: number): readonly number[] {
    return this.writers.get(this.rootOf(buffer)) ?? [];
  }
}

function note(map: Map<number, number[]>, buffer: number, at: number): void {
  const found = map.get(buffer);
  if (found === undefined) map.set(buffer, [at]);
  else if (found.at(-1) !== at) found.push(at);
}

/** The buffers that a step reads and writes. */
export function touched(step: Lowered | ScoresStep): {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
} {
  if (step.kind === 'loop') return { reads: step.operands, writes: [...step.results.values()] };
  if (step.kind === 'opaque') return { reads: step.operands, writes: [step.slot] };
  if (step.kind === 'scores') {
    const { inputs, contractions } = step.kernel;
    const read = inputs.flatMap((x) => (x.kind === 'dot' ? [x.a, x.b] : [x.access]));
    const places = [...read, ...contractions.map(({ other }) => other)];
    return { reads: places.map(({ buffer }) => buffer), writes: step.writes };
  }
  const writes = writtenBy(step.kernel);
  const own = new Set<unknown>(
    step.kernel.kind === 'loop' ? step.kernel.outputs : [step.kernel.out],
  );
  const reads = bufferRefsOf(step.kernel).filter((place) => !own.has(place));
  return { reads: reads.map(({ buffer }) => buffer), writes };
}
