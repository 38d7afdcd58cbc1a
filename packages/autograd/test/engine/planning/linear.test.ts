/** @file Planning takes time proportional to the graph: the test counts the steps that its passes look at. */
import { expect, test } from 'vitest';
import { planArena, type Interval } from '../../../src/engine/compile/arena.js';
import { collect } from '../../../src/engine/collect.js';
import { bufferRefsOf } from '../../../src/engine/compile/kernel.js';
import type { Lowered } from '../../../src/engine/compile/lower.js';
import { Plan } from '../../../src/engine/plan.js';
import type { Schedule } from '../../../src/engine/compile/steps.js';
import { simplify } from '../../../src/engine/compile/simplify.js';
import { verifyArena } from '../../../src/engine/compile/verify.js';
import { add, grad, Parameter, randn, stack, type Tensor } from '../../../src/index.js';
import { planOf } from './planning.js';

interface Looks {
  readonly schedule: number;
  readonly arena: number;
}

/** What planning the computation of `roots` looks at, for each operation. */
function looks(roots: readonly Tensor[]): Looks {
  const graph = collect(roots.map((t) => t.current));
  const program = simplify(new Plan(new Int32Array(0), graph, graph.leaves).program());
  const { scheduled, steps } = planOf(program);
  const intervals = lifetimes(scheduled, steps, new Set(program.inputs));
  const arena = planArena(intervals);
  verifyArena(intervals, arena);
  const count = program.instructions.length;
  return { schedule: scheduled.visits / count, arena: arena.visits / count };
}

function lifetimes(
  { outputs, instructions }: Schedule,
  steps: readonly Lowered[],
  inputs: ReadonlySet<number>,
): Interval[] {
  const found = new Map<number, { bytes: number; first: number; last: number }>();
  const use = (slot: number, step: number): void => {
    const known = found.get(slot);
    const { shape = [] } = instructions[slot] ?? {};
    if (known !== undefined) known.last = step;
    else found.set(slot, { bytes: 4 * shape.reduce((p, n) => p * n, 1), first: step, last: step });
  };
  steps.forEach((step, i) => {
    if (step.kind === 'opaque') for (const slot of [...step.operands, step.slot]) use(slot, i);
    else if (step.kind === 'kernel')
      for (const { buffer } of bufferRefsOf(step.kernel)) use(buffer, i);
  });
  for (const slot of outputs) use(slot, steps.length);
  for (const slot of inputs) found.delete(slot);
  return [...found.values()];
}

const gradients = (y: Tensor, xs: readonly Tensor[]): Tensor[] => grad(y.sum(), xs);
const parameter = (...shape: number[]): Parameter => new Parameter(randn(shape));

const chains: Readonly<Record<string, (length: number) => Tensor[]>> = {
  'a chain of element functions with its gradient': (length) => {
    const [x, w] = [parameter(16), parameter(16)];
    let h: Tensor = x;
    for (let i = 0; i < length; i += 9)
      h = h
        .mul(w)
        .add(i % 7)
        .tanh();
    return gradients(h, [x, w]);
  },
  'a chain of products and sums with its gradient': (length) => {
    const [x, w, b] = [parameter(2, 8), parameter(8, 8), parameter(8)];
    let h: Tensor = x;
    for (let i = 0; i < length; i += 15)
      h = h
        .matmul(w)
        .add(b)
        .sub(h.mean(1, { keepdim: true }));
    return gradients(h, [x, w, b]);
  },
  'many functions of one tensor': (length) => {
    const x = parameter(4, 4);
    return [
      stack(
        Array.from({ length: length / 4 }, (_, i) =>
          x
            .mul(i)
            .sin()
            .sum(i % 2),
        ),
        0,
      ),
    ];
  },
  'many tensors that each depend on the one before and share a mask': (length) => {
    const [mask, x] = [parameter(8), parameter(8)];
    const all: Tensor[] = [x];
    for (let i = 0; i < length; i += 4) all.push(mask.mul(i).add(all.at(-1)!.flip(0)));
    return [all.reduce((sum, y) => add(sum, y))];
  },
  'the updates of many parameters': (length) =>
    Array.from({ length: length / 3 }, (_, i) => {
      const [p, m, g] = [parameter(5), parameter(5), parameter(5 + 0 * i)];
      return p.sub(m.mul(0.9).add(g).mul(0.1));
    }),
};

test.each(Object.entries(chains))(
  '%s: some steps and values are looked at for each operation, however many there are',
  (_, make) => {
    const [short, middle, long] = [300, 3_000, 30_000].map((length) => looks(make(length))) as [
      Looks,
      Looks,
      Looks,
    ];
    for (const { schedule } of [short, middle, long]) expect(schedule).toBeLessThan(16);
    expect(long.schedule).toBeLessThan(1.2 * middle.schedule + 0.5);
    for (const { arena } of [short, middle, long]) expect(arena).toBeLessThan(1024);
    expect(long.arena).toBeLessThan(16); // too many to be compared with each other
  },
  120_000,
);
