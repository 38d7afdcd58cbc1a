/** @file Makes a long program ready segment by segment: equal segments share what a backend has compiled. */
import { isHost, type Storage } from '../graph/values/storage.js';
import { sizeOf } from '../graph/shape.js';
import type { Backend, Executable, Meter, Program, QuickExecutable } from './program.js';
import { isLong, mayBeLong, segmentsOf, type Segment } from './segments.js';
import { printKernels } from './compile/printKernels.js';
import { simplify } from './compile/simplify.js';
import { hashOf } from './structure.js';

/** A compiled segment, and how many long programs run it. */
class SharedSegment {
  readonly structure: Int32Array;
  users = 0;
  executable: Executable;
  /** The program to plan, and after how many more runs that pays; null once it is planned. */
  private waiting: { readonly program: Program; runs: number } | null;

  constructor({ structure, program }: Segment, quick: QuickExecutable | null, backend: Backend) {
    this.structure = structure;
    this.waiting = quick === null ? null : { program, runs: quick.runs };
    this.executable = quick?.executable ?? backend.compile(program);
  }

  /** Counts a run. Returns whether a plan is due. */
  countRun(): boolean {
    if (this.waiting === null) return false;
    if (this.waiting.runs > 0) this.waiting.runs--;
    return this.waiting.runs === 0;
  }

  /** Plans it for good, unless it is planned. */
  plan(backend: Backend): void {
    if (this.waiting === null) return;
    const planned = backend.compile(this.waiting.program);
    this.executable.dispose?.();
    this.executable = planned;
    this.waiting = null;
  }
}

/** The segments made ready for one backend. */
class SharedSegments {
  private readonly byHash = new Map<number, SharedSegment[]>();
  private readonly backend: Backend;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  take(segment: Segment, atOnce: boolean): SharedSegment {
    const { structure, program } = segment;
    const { backend } = this;
    const hash = hashOf(structure, structure.length);
    const bucket = this.byHash.get(hash) ?? [];
    let shared = bucket.find(
      (x) =>
        x.structure.length === structure.length && x.structure.every((n, i) => n === structure[i]),
    );
    if (shared === undefined) {
      const quick = atOnce ? null : (backend.compileQuickly?.(program) ?? null);
      shared = new SharedSegment(segment, quick, backend);
      this.byHash.set(hash, [...bucket, shared]);
    } else if (atOnce) shared.plan(backend);
    shared.users++;
    return shared;
  }

  giveBack(shared: SharedSegment): void {
    if (--shared.users > 0) return;
    shared.executable.dispose?.();
    const hash = hashOf(shared.structure, shared.structure.length);
    const rest = (this.byHash.get(hash) ?? []).filter((x) => x !== shared);
    if (rest.length > 0) this.byHash.set(hash, rest);
    else this.byHash.delete(hash);
  }
}

const sharedOn = new WeakMap<Backend, SharedSegments>();

function segmentsFor(backend: Backend): SharedSegments {
  let shared = sharedOn.get(backend);
  if (shared === undefined) sharedOn.set(backend, (shared = new SharedSegments(backend)));
  return shared;
}

/**
 * Makes a program ready to run, in segments if it is long. A segment is planned when its runs have cost about as much as
 * planning, or `atOnce` if the program is known to run many times.
 */
export function makeReady(
  program: Program,
  backend: Backend,
  meter: Meter | null,
  atOnce = true,
): Executable {
  const simple = mayBeLong(program) ? simplify(program) : null;
  if (simple === null || !isLong(simple)) return backend.compile(program, meter);
  const metered: Backend = { ...backend, compile: (part) => backend.compile(part, meter) };
  return meter === null
    ? new SegmentedExecutable(simple, backend, segmentsFor(backend), atOnce)
    : new SegmentedExecutable(simple, backend, new SharedSegments(metered), true);
}

/** The kernels that `makeReady` would run a program with, as text; of equal segments one is printed. */
export function describeKernels(program: Program, backend: Backend): string {
  const simple = simplify(program);
  if (backend.compileAny === undefined || !isLong(simple))
    return backend.describe(program, printKernels);
  const segments = segmentsOf(simple);
  const different = new Map(segments.map((segment) => [segment.structure.join(), segment]));
  const texts = Array.from(different.values(), (segment) =>
    backend.describe(segment.program, printKernels),
  );
  return `${segments.length} segments, of which these differ:\n${texts.join('\n\n')}`;
}

/** Plans that become due together are made over this many runs, so that no run takes much longer than others. */
const RUNS_OF_PLANNING = 32;

/** A segment of a program: the slots of its inputs and outputs, and what all equal segments share. */
interface Part extends Pick<Segment, 'inputs' | 'outputs' | 'origins'> {
  readonly shared: SharedSegment;
}

class SegmentedExecutable implements Executable {
  at = -1;
  private readonly ends: Pick<Program, 'inputs' | 'outputs'>;
  private readonly parts: Part[] = [];
  private readonly backend: Backend;
  private readonly source: SharedSegments;
  /** For each slot the place among the outputs that its value goes to first; -1 for one that is not an output. */
  private readonly outputOf: Int32Array;
  /** Arrays for values that pass from segment to segment, kept from run to run. */
  private readonly buffers = new Map<number, Storage | null>();

  constructor(program: Program, backend: Backend, source: SharedSegments, atOnce: boolean) {
    const { instructions, outputs: ends } = program;
    this.ends = { inputs: program.inputs, outputs: ends };
    this.backend = backend;
    this.source = source;
    this.outputOf = new Int32Array(instructions.length).fill(-1);
    for (let k = ends.length - 1; k >= 0; k--) this.outputOf[ends[k]!] = k;
    try {
      for (const segment of segmentsOf(program)) {
        const { inputs, outputs, origins } = segment;
        this.parts.push({ inputs, outputs, origins, shared: source.take(segment, atOnce) });
        for (const slot of outputs) {
          const { dtype, shape } = instructions[slot]!;
          if (this.outputOf[slot]! < 0)
            this.buffers.set(slot, backend.allocate(dtype, sizeOf(shape)));
        }
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  run(
    inputs: readonly Storage[],
    outputs: readonly (Storage | null)[],
    scopeOf?: (slot: number) => string,
  ): Storage[] {
    const { ends } = this;
    const values = new Array<Storage>(this.outputOf.length);
    ends.inputs.forEach((slot, i) => (values[slot] = inputs[i] as Storage));
    this.at = -1;
    let plans = Math.ceil(this.parts.length / RUNS_OF_PLANNING);
    for (const part of this.parts) {
      const { shared, origins } = part;
      if (shared.countRun() && --plans >= 0) shared.plan(this.backend);
      const { executable } = shared;
      try {
        const results = executable.run(
          part.inputs.map((slot) => values[slot] as Storage),
          part.outputs.map((slot) => this.storageOf(slot, outputs)),
          (at) => scopeOf?.(origins[at] ?? -1) ?? '',
        );
        part.outputs.forEach((slot, i) => (values[slot] = results[i] as Storage));
      } catch (error) {
        this.at = origins[executable.at] ?? -1;
        throw error;
      }
    }
    const computed = new Set(this.parts.flatMap((part) => part.outputs));
    return ends.outputs.map((slot, k) => {
      const value = values[slot] as Storage;
      if (computed.has(slot) && this.outputOf[slot] === k) return value;
      const given = outputs[k] ?? null; // an input, or a second output with the same value
      if (given === null || !isHost(given) || !isHost(value)) return value.slice();
      given.set(value);
      return given;
    });
  }

  private storageOf(slot: number, outputs: readonly (Storage | null)[]): Storage | null {
    const k = this.outputOf[slot]!;
    return (k >= 0 ? outputs[k] : this.buffers.get(slot)) ?? null;
  }

  async ready(): Promise<void> {
    await Promise.all(
      this.parts.map(({ shared }) => shared.executable.ready?.() ?? Promise.resolve()),
    );
  }

  dispose(): void {
    for (const { shared } of this.parts) this.source.giveBack(shared);
    for (const array of this.buffers.values()) if (array !== null) this.backend.release(array);
    this.buffers.clear();
  }
}
