/** @file Makes a long program ready segment by segment: equal segments share what a backend has compiled. */
import { isHost, type Storage } from '../graph/values/storage.js';
import { sizeOf } from '../graph/shape.js';
import type { Backend, Executable, Instruction, Meter, Program, Quick } from './program.js';
import { isLong, mayBeLong, segmentsOf, type Segment } from './segments.js';
import { printKernels } from './compile/printKernels.js';
import { simplify } from './compile/simplify.js';
import { hashOf } from './structure.js';

/** A compiled segment, and how many long programs run it. */
class Shared {
  readonly structure: Int32Array;
  users = 0;
  executable: Executable;
  private readonly program: Program;
  /** How many more of its runs do not pay for a plan; -1 once it is planned. */
  private quickRuns: number;

  constructor({ structure, program }: Segment, quick: Quick | null, backend: Backend) {
    this.structure = structure;
    this.program = program;
    this.quickRuns = quick?.runs ?? -1;
    this.executable = quick?.executable ?? backend.compile(program);
  }

  /** Counts a run. Returns whether a plan is due. */
  countRun(): boolean {
    if (this.quickRuns > 0) this.quickRuns--;
    return this.quickRuns === 0;
  }

  /** Plans it for good, unless it is planned. */
  plan(backend: Backend): void {
    if (this.quickRuns < 0) return;
    const planned = backend.compile(this.program);
    this.executable.dispose?.();
    this.executable = planned;
    this.quickRuns = -1;
  }
}

/** The segments made ready for one backend. */
class SharedSegments {
  private readonly byHash = new Map<number, Shared[]>();
  private readonly backend: Backend;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  take(segment: Segment, atOnce: boolean): Shared {
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
      shared = new Shared(segment, quick, backend);
      this.byHash.set(hash, [...bucket, shared]);
    } else if (atOnce) shared.plan(backend);
    shared.users++;
    return shared;
  }

  giveBack(shared: Shared): void {
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

class SegmentedExecutable implements Executable {
  at = -1;
  private readonly program: Program;
  private readonly segments: readonly Segment[];
  private readonly backend: Backend;
  private readonly source: SharedSegments;
  private readonly shared: readonly Shared[];
  /** For each slot the first output that takes its value; -1 for a slot that is no output. */
  private readonly outputOf: Int32Array;
  /** Arrays for values that pass from segment to segment, kept from run to run. */
  private readonly between = new Map<number, Storage | null>();

  constructor(program: Program, backend: Backend, source: SharedSegments, atOnce: boolean) {
    this.program = program;
    this.backend = backend;
    this.segments = segmentsOf(this.program);
    this.source = source;
    const taken: Shared[] = [];
    try {
      for (const segment of this.segments) taken.push(this.source.take(segment, atOnce));
    } catch (error) {
      for (const shared of taken) this.source.giveBack(shared);
      throw error;
    }
    this.shared = taken;
    const { instructions, outputs } = this.program;
    this.outputOf = new Int32Array(instructions.length).fill(-1);
    for (let k = outputs.length - 1; k >= 0; k--) this.outputOf[outputs[k]!] = k;
  }

  run(
    inputs: readonly Storage[],
    outputs: readonly (Storage | null)[],
    scopeOf?: (slot: number) => string,
  ): Storage[] {
    const { program } = this;
    const values = new Array<Storage>(program.instructions.length);
    program.inputs.forEach((slot, i) => (values[slot] = inputs[i] as Storage));
    this.at = -1;
    let plans = Math.ceil(this.segments.length / RUNS_OF_PLANNING);
    this.segments.forEach((segment, k) => {
      const shared = this.shared[k] as Shared;
      if (shared.countRun() && --plans >= 0) shared.plan(this.backend);
      const { executable } = shared;
      try {
        const results = executable.run(
          segment.inputs.map((slot) => values[slot] as Storage),
          segment.outputs.map((slot) => this.placeOf(slot, outputs)),
          (at) => scopeOf?.(segment.origins[at] ?? -1) ?? '',
        );
        segment.outputs.forEach((slot, i) => (values[slot] = results[i] as Storage));
      } catch (error) {
        this.at = segment.origins[executable.at] ?? -1;
        throw error;
      }
    });
    const computed = new Set(this.segments.flatMap((segment) => segment.outputs));
    return program.outputs.map((slot, k) => {
      const value = values[slot] as Storage;
      if (computed.has(slot) && this.outputOf[slot] === k) return value;
      const given = outputs[k] ?? null; // an input, or a second output with the same value
      if (given === null || !isHost(given) || !isHost(value)) return value.slice();
      given.set(value);
      return given;
    });
  }

  private placeOf(slot: number, outputs: readonly (Storage | null)[]): Storage | null {
    const k = this.outputOf[slot]!;
    if (k >= 0) return outputs[k] ?? null;
    let place = this.between.get(slot);
    if (place === undefined) {
      const { dtype, shape } = this.program.instructions[slot] as Instruction;
      place = this.backend.allocate(dtype, sizeOf(shape));
      this.between.set(slot, place);
    }
    return place;
  }

  async ready(): Promise<void> {
    await Promise.all(
      this.shared.map(({ executable }) => executable.ready?.() ?? Promise.resolve()),
    );
  }

  dispose(): void {
    for (const shared of this.shared) this.source.giveBack(shared);
    for (const array of this.between.values()) if (array !== null) this.backend.release(array);
    this.between.clear();
  }
}
