/** @file Plans: programs made ready to run, looked up by the structure of the graph. */
import { runtime } from '../graph/runtime.js';
import type { Tensor } from '../graph/tensor.js';
import { isNumber } from '../graph/version.js';
import type { Collected } from './collect.js';
import { DynamicPositions } from './positions.js';
import type { Backend, Executable, Instruction, Meter, Program } from './program.js';
import { hashOf, type Structure } from './structure.js';

/** No slots: one array, as plans are made ready anew when the array is another. */
export const NO_SLOTS: readonly number[] = [];

/** Whether a leaf is a number that stays on the host, whatever the device. */
function onHost({ home, sizes: shape }: Tensor): boolean {
  return home !== 'webgpu' && shape.length === 0;
}

/**
 * The slots of a node's inputs. One or two are written as a literal, because an array that grows reserves room for 17; none are
 * made by `map`, which makes arrays of two kinds that loops would have to tell apart.
 */
function slotsOf({ inputs }: Tensor): number[] {
  const [x, y] = [inputs[0]!, inputs[1]!];
  if (inputs.length === 1) return [x.slot];
  if (inputs.length === 2) return [x.slot, y.slot];
  const slots: number[] = [];
  for (let i = 0; i < inputs.length; i++) slots.push(inputs[i]!.slot);
  return slots.slice();
}

/** How runs came to be computed, since the process began. */
export const planning: {
  walked: number;
  made: number;
  onNew: ((instructions: readonly Instruction[]) => void) | null;
} = {
  /** Programs that were made ready quickly, operation by operation. */
  walked: 0,
  /** Plans of fused kernels that were made. */
  made: 0,
  /** Called for every structure for which no plan was found. */
  onNew: null,
};

/** The way to compute a graph of one structure. */
export class Plan {
  /** Slots of values that were needed after a run had dropped them: they are kept from then on. */
  readonly pinned = new Set<number>();
  /** For a plan that ends in gradients: the index of each one's leaf among the leaves that require grad. */
  gradients: readonly number[] = [];
  /** Slots that the backward graph of the roots will read; computed when first asked for. */
  private savedSlots: readonly number[] | null = null;
  readonly instructions: readonly Instruction[];
  private readonly inputs: readonly number[];
  private readonly roots: readonly number[];
  private readonly isRoot: ReadonlySet<number>;
  /** Whether it is known to run many times. */
  isRepeated = false;
  private runs = 0;
  /** How many of its first runs do not pay for a plan: most sizes do not come back. */
  private quickRuns = 1;
  private readonly maxQuickRuns: number;
  private ready: CompiledPlan | null = null;
  private readyMetered: CompiledPlan | null = null;

  readonly structure: Int32Array;

  /**
   * `inputs` are the leaves that are passed in at each run, in order; other numbers are constants. It is planned after
   * `maxQuickRuns` quick runs, or earlier.
   */
  constructor(
    structure: Int32Array,
    { nodes, roots }: Pick<Collected, 'nodes' | 'roots'>,
    inputs: readonly Tensor[],
    maxQuickRuns = Infinity,
  ) {
    this.structure = structure;
    this.maxQuickRuns = maxQuickRuns;
    const given = new Set(inputs);
    // All objects have the same shape: V8 then reads a field at a fixed offset.
    this.instructions = nodes.map((node, origin) => {
      const { sizes: shape, dtype } = node;
      const isInput = given.has(node);
      return {
        op: isInput ? null : node.op,
        attrs: isInput ? null : node.attrs,
        inputs: isInput ? NO_SLOTS : slotsOf(node),
        shape,
        dtype,
        onHost: isInput && onHost(node),
        origin,
      };
    });
    this.inputs = inputs.map((leaf) => leaf.slot);
    this.roots = roots.map((root) => root.slot);
    this.isRoot = new Set(this.roots);
  }

  /** Keeps a value from the next run on. */
  remember(index: number): void {
    if (this.pinned.has(index) || this.isRoot.has(index)) return;
    // The node of a loop has no value of its own: its results have.
    if (this.instructions[index]?.op?.lowering.kind === 'loop') return;
    this.pinned.add(index);
    this.dispose();
  }

  /** Frees what it holds; it is made ready again if it runs again. */
  dispose(): void {
    this.ready?.executable.dispose?.();
    this.readyMetered?.executable.dispose?.();
    this.ready = null;
    this.readyMetered = null;
  }

  /** The slots that a backward pass over `graph` would read, beside the roots and the kept values. */
  saved({ nodes, roots }: Collected): readonly number[] {
    this.savedSlots ??= Array.from(runtime.savedForBackward(roots))
      // Nodes behind an existing value are not part of this graph; a number needs no holding.
      .filter((node) => nodes[node.slot] === node && !isNumber(node))
      .map((node) => node.slot)
      .filter((slot) => this.instructions[slot]?.op !== null && !this.isRoot.has(slot));
    return this.savedSlots;
  }

  /** The program: it computes the roots, the kept values, and `held`, values for a backward pass. */
  program(held: readonly number[] = NO_SLOTS): Program {
    const { instructions, inputs, roots } = this;
    return { instructions, inputs, outputs: [...roots, ...this.pinned, ...held] };
  }

  /** The executable; for the first runs the one that is ready soonest. */
  compile(backend: Backend, held: readonly number[] = NO_SLOTS): Executable {
    this.runs++;
    if (!this.isRepeated && this.runs <= this.quickRuns) {
      const quick = this.compileQuickly(backend, held);
      if (quick !== null) return quick;
    }
    const { ready } = this;
    if (ready !== null && !ready.quick && isCompatible(ready, backend, null, held))
      return ready.executable;
    this.ready = null; // what is disposed of must not run again, even if making the next one fails
    ready?.executable.dispose?.();
    return (this.ready = this.prepare(backend, null, held)).executable;
  }

  private compileQuickly(backend: Backend, held: readonly number[]): Executable | null {
    const { ready } = this;
    if (ready !== null && isCompatible(ready, backend, null, held)) return ready.executable;
    const made = backend.compileQuickly?.(this.program(held)) ?? null;
    if (made === null) return null;
    const { executable, runs } = made;
    this.quickRuns = Math.min(runs, this.maxQuickRuns);
    planning.walked++;
    ready?.executable.dispose?.();
    this.ready = { backend, meter: null, held, executable, quick: true };
    return executable;
  }

  /** As `compile`, with kernels that report their times. */
  metered(backend: Backend, meter: Meter, held: readonly number[] = NO_SLOTS): Executable {
    const { readyMetered: ready } = this;
    if (ready !== null && isCompatible(ready, backend, meter, held)) return ready.executable;
    this.readyMetered = null;
    ready?.executable.dispose?.();
    return (this.readyMetered = this.prepare(backend, meter, held)).executable;
  }

  private prepare(backend: Backend, meter: Meter | null, held: readonly number[]): CompiledPlan {
    planning.made++;
    const program = this.program(held);
    const executable =
      backend.compileAny?.(program, meter, this.isRepeated) ?? backend.compile(program, meter);
    return { backend, meter, held, executable, quick: false };
  }
}

/** A program made ready to run, and the settings it was made for. */
interface CompiledPlan {
  readonly backend: Backend;
  readonly meter: Meter | null;
  readonly held: readonly number[];
  readonly executable: Executable;
  /** Whether it was made ready quickly. */
  readonly quick: boolean;
}

function isCompatible(
  ready: CompiledPlan,
  backend: Backend,
  meter: Meter | null,
  held: readonly number[],
): boolean {
  return ready.backend === backend && ready.meter === meter && ready.held === held;
}

/** The most plans that are kept, and the most instructions of all of them; the `last` plans always stay. An instruction takes 150 bytes or more. */
const CACHE_LIMITS = { plans: 512, instructions: 2 ** 21, last: 4 };

/** Plans by structure; the least recently used are evicted first. */
export class PlanCache {
  hits = 0;
  misses = 0;
  /** The positions of slices that have changed. */
  readonly positions = new DynamicPositions((hash) => this.drop(hash));
  private readonly plans = new Map<number, Plan[]>();
  private last = 0;
  private instructions = 0;
  private readonly limits: typeof CACHE_LIMITS;

  constructor(limits = CACHE_LIMITS) {
    this.limits = limits;
  }

  get size(): number {
    return this.plans.size;
  }

  /** The plan for a graph, made if there is none. */
  find(graph: Collected): Plan {
    return (
      this.get(graph.structure) ?? this.add(new Plan(graph.structure.copy(), graph, graph.leaves))
    );
  }

  /** Whether there is a plan of a structure. */
  has(structure: Structure): boolean {
    const bucket = this.plans.get(structure.hash());
    return bucket?.some((plan) => structure.equals(plan.structure)) ?? false;
  }

  /** The plan of a structure, or null; counts as a use. */
  get(structure: Structure): Plan | null {
    const hash = structure.hash();
    const bucket = this.plans.get(hash);
    const found = bucket?.find((plan) => structure.equals(plan.structure));
    if (bucket === undefined || found === undefined) return null;
    this.hits++;
    if (this.last !== hash) {
      this.plans.delete(hash);
      this.plans.set(hash, bucket); // moved to the end: the first in the map is evicted first
      this.last = hash;
    }
    return found;
  }

  add(plan: Plan): Plan {
    this.misses++;
    planning.onNew?.(plan.instructions);
    const hash = hashOf(plan.structure, plan.structure.length);
    this.plans.set(hash, [...(this.plans.get(hash) ?? []), plan]);
    this.last = hash;
    this.instructions += plan.instructions.length;
    const { plans, instructions, last } = this.limits;
    while (this.size > plans || (this.instructions > instructions && this.size > last))
      this.drop(this.plans.keys().next().value!);
    return plan;
  }

  /** Disposes of the plans of structures with this hash. */
  private drop(hash: number): void {
    for (const plan of this.plans.get(hash) ?? []) {
      plan.dispose();
      this.instructions -= plan.instructions.length;
    }
    this.plans.delete(hash);
  }

  clear(): void {
    for (const hash of this.plans.keys()) this.drop(hash);
    this.positions.clear();
  }
}
