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
  const writer = new Map<number, number>();
  steps.forEach((step, i) => {
    for (const slot of writtenBy(step)) writer.set(slot, i);
  });
  // For each step, those whose buffers it reads.
  const needs = steps.map(
    (step) => new Set(readBy(step).flatMap((base) => writer.get(base) ?? [])),
  );
  const readers = new Map<number, number[]>();
  steps.forEach((step, i) => {
    if (step.kind !== 'cluster') return;
    for (const base of [...step.cluster.reads, ...step.cluster.members.keys()]) {
      if ((instructions[base] as Instruction).shape.length === 0) continue;
      readers.set(base, [...(readers.get(base) ?? []), i]);
    }
  });

  for (let b = 0; b < current.length; b++) {
    const own = current[b];
    if (own?.kind !== 'cluster') continue;
    const related = new Set([...own.cluster.reads].flatMap((base) => readers.get(base) ?? []));
    for (const a of [...related].sort((x, y) => y - x)) {
      const [first, second] = [current[a], current[b]];
      if (a >= b || first?.kind !== 'cluster' || second?.kind !== 'cluster') continue;
      if (!sameSpace(first.cluster, second.cluster) || reachesAround(needs, current, a, b))
        continue;
      const cluster = join(first.cluster, second.cluster, instructions, views);
      if (cluster === null) continue;
      current[a] = null;
      current[b] = { kind: 'cluster', cluster };
      const mine = needs[b] as Set<number>;
      for (const x of needs[a] as Set<number>) mine.add(x);
      mine.delete(a);
      for (const set of needs) if (set.delete(a)) set.add(b);
      mine.delete(b);
      for (const base of [...first.cluster.reads, ...first.cluster.members.keys()]) {
        readers.get(base)?.push(b);
      }
    }
  }
  return order(current, needs);
}

function sameSpace(x: Cluster, y: Cluster): boolean {
  return x.space.length === y.space.length && x.space.every((n, d) => n === y.space[d]);
}

/** Whether `b` needs something that needs `a`: then they cannot run at the same time. */
function reachesAround(
  needs: readonly ReadonlySet<number>[],
  steps: readonly (Step | null)[],
  a: number,
  b: number,
): boolean {
  const seen = new Set<number>();
  const stack = [...(needs[b] as Set<number>)].filter((x) => x !== a);
  for (let x = stack.pop(); x !== undefined; x = stack.pop()) {
    if (seen.has(x) || steps[x] === null) continue;
    seen.add(x);
    for (const y of needs[x] as Set<number>) {
      if (y === a) return true;
      stack.push(y);
    }
  }
  return false;
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
function order(steps: readonly (Step | null)[], needs: readonly ReadonlySet<number>[]): Step[] {
  const done = new Set<number>();
  const sorted: Step[] = [];
  const visit = (start: number): void => {
    const stack = [start];
    while (stack.length > 0) {
      const i = stack.at(-1) as number;
      const open = done.has(i)
        ? []
        : [...(needs[i] as Set<number>)].filter((x) => !done.has(x) && steps[x] !== null);
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
