/** @file Operations on whole arrays against PyTorch's answers: values, gradients, gradients of gradients. */
import { describe, expect, test } from 'vitest';
import * as chainrule from '../src/index.js';
import { Tensor } from '../src/index.js';
import { arrayCases, type ArrayCase } from './fixtures/arrayCases.js';
import { furtherArrayCases } from './fixtures/furtherArrayCases.js';

type Plain = ArrayCase['tensors'][number];
type DType = chainrule.DType;

function numbers(data: Plain[2]): number[] {
  return data.map((x) =>
    x === 'nan' ? NaN : x === 'inf' ? Infinity : x === '-inf' ? -Infinity : Number(x),
  );
}

function make([dtype, shape, data]: Plain, requiresGrad = false): Tensor {
  return chainrule.tensor(Float64Array.from(numbers(data)), {
    shape,
    dtype: dtype as DType,
    requiresGrad,
  });
}

function decode(x: unknown, tensors: readonly Tensor[]): unknown {
  if (x === 'inf' || x === '-inf') return x === 'inf' ? Infinity : -Infinity;
  if (Array.isArray(x)) return x.map((y) => decode(y, tensors));
  if (typeof x !== 'object' || x === null) return x;
  if ('t' in x) return tensors[x.t as number];
  return Object.fromEntries(Object.entries(x).map(([key, y]) => [key, decode(y, tensors)]));
}

function flat(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result as Tensor];
  return Object.values(result as object).flatMap(flat);
}

function expectSame(actual: Tensor, [dtype, shape, data]: Plain, what: string): void {
  expect([what, actual.dtype, actual.shape]).toEqual([what, dtype, shape]);
  const values = Array.from(actual.dataSync());
  numbers(data).forEach((e, i) => {
    const a = values[i] as number;
    const same = Object.is(a, e) || a === e || Math.abs(a - e) <= 1e-12 * Math.max(1, Math.abs(e));
    expect(same, `${what}: element ${i} is ${a}, PyTorch ${e}`).toBe(true);
  });
}

/** A gradient that is missing stands for zeros. */
function expectGradients(
  actual: readonly (Tensor | null)[],
  expected: readonly (Plain | null)[],
  what: string,
): void {
  expected.forEach((e, i) => {
    const a = actual[i] ?? null;
    if (a !== null && e !== null) expectSame(a, e, `${what} ${i}`);
    else if (a !== null)
      expect(
        Array.from(a.dataSync()).every((x) => x === 0),
        `${what} ${i}`,
      ).toBe(true);
    else if (e !== null)
      expect(
        numbers(e[2]).every((x) => x === 0),
        `${what} ${i}`,
      ).toBe(true);
  });
}

/** The public function of that name, perhaps in a namespace. */
function functionOf(op: string): (...xs: readonly unknown[]) => unknown {
  let found: unknown = chainrule;
  for (const part of op.split('.')) found = (found as Record<string, unknown> | undefined)?.[part];
  if (typeof found !== 'function') throw new Error(`${op} is missing`);
  return found as (...xs: readonly unknown[]) => unknown;
}

function runCase({ op, args, tensors, outs, grads, grads2 }: ArrayCase): void {
  const inputs = tensors.map((t) => make(t, grads !== undefined && t[0].startsWith('float')));
  const f = functionOf(op);
  const results = flat(f(...args.map((x) => decode(x, inputs))));
  expect(results.length).toBe(outs.length);
  if (grads !== undefined) {
    const floats = results.filter((y) => y.requiresGrad);
    const weights = floats.map((y) =>
      chainrule.tensor(
        Float64Array.from({ length: y.size }, (_, i) => Math.cos(i)),
        { shape: y.shape },
      ),
    );
    const wanted = inputs.filter((x) => x.requiresGrad);
    const first = chainrule.grad(floats, wanted, {
      gradOutputs: weights,
      createGraph: grads2 !== undefined,
      allowUnused: true,
    });
    expectGradients(first, grads, 'gradient');
    if (grads2 !== undefined) {
      const squares = first.flatMap((g) =>
        g === null ? [] : [chainrule.sum(chainrule.mul(g, g))],
      );
      const total = squares.reduce((a, b) => chainrule.add(a, b));
      const second = total.requiresGrad
        ? chainrule.grad([total], wanted, { allowUnused: true })
        : wanted.map(() => null);
      expectGradients(second, grads2, 'second-order gradient');
    }
  }
  results.forEach((y, i) => expectSame(y, outs[i] as Plain, `result ${i}`));
}

describe('operations on arrays agree with PyTorch', () => {
  test.each(
    [...arrayCases, ...furtherArrayCases].map(
      (c, i) => [`${i} ${c.op} ${JSON.stringify(c.args)}`, c] as const,
    ),
  )('%s', (_title, c) => {
    expect.hasAssertions();
    runCase(c);
  });
});
