/** @file A long program made ready segment by segment: equal segments share what a backend has made of them. */
import { isHost, type Storage } from '../graph/values/storage.js';
import { sizeOf } from '../graph/shape.js';
import type { Backend, Executable, Instruction, Meter, Program } from './program.js';
import { isLong, mayBeLong, segmentsOf, type Segment } from './segments.js';
import { printKernels } from './compile/printKernels.js';
import { simplify } from './compile/simplify.js';
import { hashOf } from './structure.js';

/** What a backend has made of a segment, and how many long programs run it. */
interface Shared {
  readonly structure: Int32Array;
  readonly executable: Executable;
  users: number;
}

/** The segments made ready for one backend. */
class SharedSegments {
  private readonly byHash = new Map<number, Shared[]>();
  private readonly backend: Backend;
  private readonly meter: Meter | null;

  constructor(backend: Backend, meter: Meter | null) {
    this.backend = backend;
    this.meter = meter;
  }

  take({ structure, program }: Segment): Shared {
    const hash = hashOf(structure, structure.length);
    const bucket = this.byHash.get(hash) ?? [];
    let shared = bucket.find(
      (x) =>
        x.structure.length === structure.length && x.structure.every((n, i) => n === structure[i]),
    );
    if (shared === undefined) {
      const executable = this.backend.compile(program, this.meter);
      shared = { structure, executable, users: 0 };
      this.byHash.set(hash, [...bucket, shared]);
    }
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

function segmentsFor(backend: Backend, meter: Meter | null): SharedSegments {
  if (meter !== null) return new SharedSegments(backend, meter);
  let shared = sharedOn.get(backend);
  if (shared === undefined) sharedOn.set(backend, (shared = new SharedSegments(backend, null)));
  return shared;
}

/** A program made ready to run, in segments if it is long. */
export function makeReady(program: Program, backend: Backend, meter: Meter | null): Executable {
  const simple = mayBeLong(program) ? simplify(program) : null;
  return simple !== null && isLong(simple)
    ? new SegmentedExecutable(simple, backend, meter)
    : backend.compile(program, meter);
}

/** The kernels that `makeReady` would run a program with, as text; equal segments are printed once. */
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

class SegmentedExecutable implements Executable {
  at = -1;
  private readonly program: Program;
  private readonly segments: readonly Segment[];
  private readonly backend: Backend;
  private readonly source: SharedSegments;
  private readonly shared: readonly Shared[];
  /** For each slot the place among the outputs that its value goes to first; -1 for one that is no output. */
  private readonly outputOf: Int32Array;
  /** Arrays for what passes from segment to segment, which stay from run to run. */
  private readonly between = new Map<number, Storage | null>();

  constructor(program: Program, backend: Backend, meter: Meter | null) {
    this.program = program;
    this.backend = backend;
    this.segments = segmentsOf(this.program);
    this.source = segmentsFor(backend, meter);
    const taken: Shared[] = [];
    try {
      for (const segment of this.segments) taken.push(this.source.take(segment));
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
    this.segments.forEach((segment, k) => {
      const { executable } = this.shared[k] as Shared;
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
      const given = outputs[k] ?? null; // an input, or a second place for the same value
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
