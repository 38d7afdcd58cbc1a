/** @file Linear algebra and the operations of networks against PyTorch's answers: values, gradients, gradients of gradients. */
import { describe, expect, test } from 'vitest';
import * as chainrule from '../src/index.js';
import { Tensor } from '../src/index.js';
import type { ArrayCase } from './fixtures/arrayCases.js';
import { neuralCases } from './fixtures/neuralCases.js';

type Plain = ArrayCase['tensors'][number];

const number = (x: unknown): number =>
  x === 'nan' ? NaN : x === 'inf' ? Infinity : x === '-inf' ? -Infinity : Number(x);

function make([dtype, shape, data]: Plain): Tensor {
  return chainrule.tensor(Float64Array.from(data, number), {
    shape,
    dtype: dtype as chainrule.DType,
    requiresGrad: dtype.startsWith('float'),
  });
}

function decode(x: unknown): unknown {
  if (x === 'inf' || x === '-inf') return number(x);
  if (typeof x !== 'object' || x === null || Array.isArray(x)) return x;
  return Object.fromEntries(Object.entries(x).map(([key, y]) => [key, decode(y)]));
}

function flat(result: unknown): Tensor[] {
  return result instanceof Tensor
    ? [result as Tensor]
    : Object.values(result as object).flatMap(flat);
}

function expectSame(what: string, actual: Tensor | null, expected: Plain | null): void {
  // A gradient that is missing stands for zeros.
  const [dtype, shape, data] = expected ?? ['', [], []];
  const values = actual === null ? data.map(() => 0) : Array.from(actual.dataSync());
  if (actual !== null && expected !== null)
    expect([what, actual.dtype, actual.shape]).toEqual([what, dtype, shape]);
  values.forEach((a, i) => {
    const e = expected === null ? 0 : number(data[i]);
    const same = Object.is(a, e) || a === e || Math.abs(a - e) <= 1e-10 * Math.max(1, Math.abs(e));
    expect(same, `${what}: element ${i} is ${a}, PyTorch ${e}`).toBe(true);
  });
}

function runCase({ op, args, tensors, outs, grads, grads2 }: ArrayCase): void {
  const inputs = tensors.map(make);
  const f = op
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], chainrule);
  const results = flat(
    (f as (...xs: readonly unknown[]) => unknown)(...inputs, ...args.map(decode)),
  );
  expect(results.length).toBe(outs.length);
  if (grads !== undefined) {
    const floats = results.filter((y) => y.requiresGrad);
    const gradOutputs = floats.map((y) =>
      chainrule.tensor(
        Float64Array.from({ length: y.size }, (_, i) => Math.cos(i)),
        { shape: y.shape },
      ),
    );
    const wanted = inputs.filter((x) => x.requiresGrad);
    const first = chainrule.grad(floats, wanted, {
      gradOutputs,
      createGraph: true,
      allowUnused: true,
    });
    grads.forEach((g, i) => expectSame(`gradient ${i}`, first[i] ?? null, g));
    if (grads2 !== undefined) {
      const squares = first.map((g) => chainrule.sum(chainrule.square(g as Tensor)));
      const total = squares.reduce((x, y) => chainrule.add(x, y));
      const second = chainrule.grad([total], wanted, { allowUnused: true });
      grads2.forEach((g, i) => expectSame(`second gradient ${i}`, second[i] ?? null, g));
    }
  }
  results.forEach((y, i) => expectSame(`result ${i}`, y, outs[i] as Plain));
}

describe('the answers of PyTorch', () => {
  for (const [i, entry] of neuralCases.entries()) {
    test(`${i} ${entry.op} ${JSON.stringify(entry.args)}`, () => runCase(entry));
  }
});
