/** @file Steps merged at random never form a cycle, and stay in an order in which they can run. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StepOrder } from '../../../src/engine/compile/stepOrder.js';

/** Groups of steps, and for each step those it needs. */
class Groups {
  readonly of: number[];
  private readonly needs: readonly (readonly number[])[];

  constructor(needs: readonly (readonly number[])[]) {
    this.needs = needs;
    this.of = needs.map((_, step) => step);
  }

  /** The groups that a group needs. */
  neededBy(group: number): number[] {
    return this.of
      .flatMap((own, step) => (own === group ? (this.needs[step] as readonly number[]) : []))
      .map((step) => this.of[step] as number)
      .filter((other) => other !== group);
  }

  /** Whether one group needs another, without counting the direct need that is allowed. */
  reaches(from: number, to: number, direct: boolean): boolean {
    const seen = new Set<number>();
    const stack = this.neededBy(from).filter((x) => !direct || x !== to);
    for (let x = stack.pop(); x !== undefined; x = stack.pop()) {
      if (x === to) return true;
      if (seen.has(x)) continue;
      seen.add(x);
      stack.push(...this.neededBy(x));
    }
    return false;
  }
}

test('two steps become one exactly where nothing has to happen between them', () => {
  const graph = fc
    .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 2, maxLength: 14 })
    .map((lists) => lists.map((list, i) => (i === 0 ? [] : [...new Set(list.map((x) => x % i))])));
  const pairs = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 });
  fc.assert(
    fc.property(graph, pairs, (needs, tries) => {
      const order = new StepOrder(
        needs,
        needs.map((_, step) => [step]),
      );
      const groups = new Groups(needs);
      for (const [x, y] of tries) {
        const [a, b] = [order.find(x % needs.length), order.find(y % needs.length)];
        if (a >= b) continue;
        const possible = !groups.reaches(b, a, true) && !groups.reaches(a, b, false);
        expect(order.merge(a, b)).toBe(possible);
        if (possible) groups.of.forEach((g, step) => g === a && (groups.of[step] = b));
      }
      const sorted = order.sorted();
      expect([...sorted].sort()).toEqual([...new Set(groups.of)].sort());
      sorted.forEach((group, at) => {
        for (const need of groups.neededBy(group)) expect(sorted.indexOf(need)).toBeLessThan(at);
      });
    }),
    { numRuns: 500 },
  );
});

test('steps far apart are left as they are, for little work', () => {
  const needs = Array.from({ length: 5000 }, (_, i) => (i === 0 || i === 4999 ? [] : [i - 1]));
  needs[4999] = [4998];
  const order = new StepOrder(
    needs,
    needs.map((_, step) => [step]),
  );
  expect(order.merge(0, 4999)).toBe(false);
  expect(order.visits).toBeLessThan(300);
  expect(order.merge(4998, 4999)).toBe(true);
});
