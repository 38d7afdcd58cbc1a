/**
 * @file Merging loops over the same space: those that share buffers become one pass over memory, where nothing has to
 * happen between them. So an optimizer's whole update of a parameter reads each of its arrays once.
 */
import { Cluster } from './cluster.js';
import type { Instruction } from './program.js';
import type { Step } from './schedule.js';
import type { View } from './view.js';

interface Graph {
  readonly steps: Step[];
  readonly instructions: readonly Instruction[];
  readonly views: readonly View[];
}

/** The steps with loops merged, again in an order in which they can run. */
export function mergeLoops({ steps, instructions, views }: Graph): Step[] {
  const current: (Step | null)[] = [...steps];
  const needs = new Needs(steps);
  const readers = new Map<number, number[]>();
  const note = (base: number, step: number): void => {
    const known = readers.get(base);
    if (known === undefined) readers.set(base, [step]);
    else known.push(step);
  };
  steps.forEach((step, i) => {
    if (step.kind !== 'cluster') return;
    for (const base of [...step.cluster.reads, ...step.cluster.members.keys()])
      if ((instructions[base] as Instruction).shape.length > 0) note(base, i);
  });

  for (let b = 0; b < current.length; b++) {
    const own = current[b];
    if (own?.kind !== 'cluster') continue;
    const related = new Set([...own.cluster.reads].flatMap((base) => readers.get(base) ?? []));
    for (const a of [...related].sort((x, y) => y - x)) {
      const [first, second] = [current[a], current[b]];
      if (a >= b || first?.kind !== 'cluster' || second?.kind !== 'cluster') continue;
      if (!sameSpace(first.cluster, second.cluster) || needs.reachAround(a, b)) continue;
      const cluster = join(first.cluster, second.cluster, instructions, views);
      if (cluster === null) continue;
      current[a] = null;
      current[b] = { kind: 'cluster', cluster };
      needs.merge(a, b);
      for (const base of [...first.cluster.reads, ...first.cluster.members.keys()])
        if (readers.has(base)) note(base, b);
    }
  }
  return order(current, needs);
}

function sameSpace(x: Cluster, y: Cluster): boolean {
  return x.space.length === y.space.length && x.space.every((n, d) => n === y.space[d]);
}

/** For each step, those whose buffers it reads. */
class Needs {
  private readonly lists: number[][];
  /** The step that each has been merged into; itself if it has not. */
  private readonly into: Int32Array;
  /** The search that met a step last. */
  private readonly met: Int32Array;
  private searches = 0;

  constructor(steps: readonly Step[]) {
    const writer = new Map<number, number>();
    steps.forEach((step, i) => {
      for (const slot of writtenBy(step)) writer.set(slot, i);
    });
    this.lists = steps.map((step) => [
      ...new Set(readBy(step).flatMap((base) => writer.get(base) ?? [])),
    ]);
    this.into = Int32Array.from(steps, (_, i) => i);
    this.met = new Int32Array(steps.length);
  }

  /** What a step needs, as far as it is another step. */
  of(step: number): number[] {
    return (this.lists[step] as number[]).map((x) => this.find(x)).filter((x) => x !== step);
  }

  /** `b` now does what `a` did, too. */
  merge(a: number, b: number): void {
    (this.lists[b] as number[]).push(...(this.lists[a] as number[]));
    this.lists[a] = [];
    this.into[a] = b;
  }

  /** Whether `b` needs something that needs `a`: then they cannot run at the same time. */
  reachAround(a: number, b: number): boolean {
    const search = ++this.searches;
    const stack = this.of(b).filter((x) => x !== a);
    for (let x = stack.pop(); x !== undefined; x = stack.pop()) {
      if (this.met[x] === search) continue;
      this.met[x] = search;
      for (const given of this.lists[x] as number[]) {
        const y = this.find(given);
        if (y === a) return true;
        if (this.met[y] !== search) stack.push(y);
      }
    }
    return false;
  }

  private find(step: number): number {
    let x = step;
    for (let next = this.into[x]!; next !== x; next = this.into[x]!) x = next;
    return x;
  }
}

/** Both loops as one, or null where they do not fit. */
function join(
  first: Cluster,
  second: Cluster,
  instructions: readonly Instruction[],
  views: readonly View[],
): Cluster | null {
  const merged = new Cluster(second.index, first.space);
  for (const slot of [...first.members.keys(), ...second.members.keys()]) {
    const instruction = instructions[slot] as Instruction;
    const { op, attrs, inputs, shape } = instruction;
    const own = inputs.map((x) => views[x] as View);
    const shapes = inputs.map((x) => (instructions[x] as Instruction).shape);
    const fits =
      op?.trait === 'reduce'
        ? merged.joinReduce(
            slot,
            shape,
            attrs?.['dims'] as readonly number[],
            own[0]!,
            shapes[0]!,
            () => true,
          )
        : merged.joinElement(slot, instruction, own, shapes, () => true);
    if (!fits) return null;
  }
  return merged;
}

/** The steps that are left, each after what it needs, otherwise in their order. */
function order(steps: readonly (Step | null)[], needs: Needs): Step[] {
  const done = new Set<number>();
  const sorted: Step[] = [];
  const visit = (start: number): void => {
    const stack = [start];
    while (stack.length > 0) {
      const i = stack.at(-1) as number;
      const open = done.has(i) ? [] : needs.of(i).filter((x) => !done.has(x) && steps[x] !== null);
      if (open.length > 0) {
        stack.push(...open.sort((x, y) => y - x));
        continue;
      }
      stack.pop();
      const step = steps[i];
      if (done.has(i) || step === null || step === undefined) continue;
      done.add(i);
      sorted.push(step);
    }
  };
  for (let i = 0; i < steps.length; i++) if (steps[i] !== null) visit(i);
  return sorted;
}

function writtenBy(step: Step): number[] {
  return step.kind === 'cluster' ? [...step.cluster.members.keys()] : [step.slot];
}

function readBy(step: Step): number[] {
  switch (step.kind) {
    case 'cluster':
      return [...step.cluster.reads];
    case 'matmul':
      return [step.a.base, step.b.base];
    case 'assemble':
      return step.parts.map(({ view }) => view.base);
    case 'opaque':
      return [...step.operands];
  }
}
