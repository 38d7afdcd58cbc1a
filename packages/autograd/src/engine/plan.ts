/** @file Plans: programs made ready to run, found again by the structure of the graph. */
import { runtime } from '../graph/runtime.js';
import type { Tensor } from '../graph/tensor.js';
import { constantOp, counterOp } from '../graph/version.js';
import { isLiteral, type Collected } from './collect.js';
import type { Backend, Executable, Instruction, Program } from './program.js';

/** How a graph of one structure is computed. */
export class Plan {
  /** Values that were needed after a run had dropped them: they are kept from then on. */
  readonly kept = new Set<number>();
  /** What the backward graph of the roots will read; known once asked for. */
  private heldSlots: readonly number[] | null = null;
  readonly instructions: readonly Instruction[];
  private readonly inputs: readonly number[];
  private readonly roots: readonly number[];
  private executable: Executable | null = null;
  private backend: Backend | null = null;
  private holds: readonly number[] = [];

  readonly structure: Int32Array;

  constructor(
    structure: Int32Array,
    { nodes, leaves, roots }: Collected,
    stops?: ReadonlySet<Tensor>,
  ) {
    this.structure = structure;
    this.instructions = nodes.map((node) => {
      const { shape, dtype } = node;
      const input =
        node.value !== null || (isNumber(node) && !isLiteral(node)) || stops?.has(node) === true;
      return input
        ? { op: null, attrs: null, inputs: [], shape, dtype }
        : { op: node.op, attrs: node.attrs, inputs: node.inputs.map((x) => x.slot), shape, dtype };
    });
    this.inputs = leaves.map((leaf) => leaf.slot);
    this.roots = roots.map((root) => root.slot);
  }

  /** Keeps a value from the next run on. */
  remember(index: number): void {
    if (this.kept.has(index) || this.roots.includes(index)) return;
    this.kept.add(index);
    this.executable = null;
  }

  /** The slots that a backward pass over `graph` would read, beside the roots and what is kept. */
  held({ nodes, roots }: Collected): readonly number[] {
    this.heldSlots ??= Array.from(runtime.readByBackward(roots))
      // What lies behind a value that is there already is no part of this graph; a number needs no holding.
      .filter((node) => nodes[node.slot] === node && !isNumber(node))
      .map((node) => node.slot)
      .filter((slot) => this.instructions[slot]?.op !== null && !this.roots.includes(slot));
    return this.heldSlots;
  }

  /** What is computed: the roots, the values kept, and if asked for those held for a backward pass. */
  program(held: readonly number[] = []): Program {
    const { instructions, inputs, roots } = this;
    return { instructions, inputs, outputs: [...roots, ...this.kept, ...held] };
  }

  on(backend: Backend, held: readonly number[] = []): Executable {
    if (this.executable === null || this.backend !== backend || this.holds !== held) {
      this.executable = backend.compile(this.program(held));
      this.backend = backend;
      this.holds = held;
    }
    return this.executable;
  }
}

/** Plans by structure; the least recently used go first. */
export class PlanCache {
  hits = 0;
  misses = 0;
  private readonly plans = new Map<number, Plan[]>();

  private readonly capacity: number;

  constructor(capacity = 512) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.plans.size;
  }

  find(graph: Collected): Plan {
    const { structure } = graph;
    const hash = structure.hash();
    const bucket = this.plans.get(hash);
    const found = bucket?.find((plan) => structure.equals(plan.structure));
    if (bucket !== undefined && found !== undefined) {
      this.hits++;
      this.plans.delete(hash);
      this.plans.set(hash, bucket); // the last one in is the last to go
      return found;
    }
    this.misses++;
    const plan = new Plan(structure.ints.slice(0, structure.length), graph);
    this.plans.set(hash, bucket === undefined ? [plan] : [...bucket, plan]);
    if (this.plans.size > this.capacity) {
      const [oldest] = this.plans.keys();
      if (oldest !== undefined) this.plans.delete(oldest);
    }
    return plan;
  }

  clear(): void {
    this.plans.clear();
  }
}

function isNumber(node: Tensor): boolean {
  return node.op === constantOp || node.op === counterOp;
}

/** The value of a leaf that is a number. */
export function numberOf(leaf: Tensor): number {
  return (leaf.attrs as { value: number }).value;
}
