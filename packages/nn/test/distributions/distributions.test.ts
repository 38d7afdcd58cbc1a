/** @file Distributions against PyTorch in float64: values and gradients. The fixtures' script is fixtures/distributions.py. */
import { readFileSync } from 'node:fs';
import { arange, grad, tensor, where, type Tensor } from '@chainrule/autograd';
import { describe, expect, it } from 'vitest';
import * as distributions from '@chainrule/nn/distributions';
import { worst } from '../packed.js';

interface Plain {
  readonly shape: number[];
  readonly data: (number | string)[];
  readonly int: boolean;
}

interface Spec {
  readonly cls: string;
  readonly params: Record<string, number | { readonly tensor: number }>;
  readonly tensors: Plain[];
}

interface Case {
  readonly dist: Spec;
  readonly second?: Spec;
  readonly what: string;
  readonly value?: Plain;
  readonly out: Plain;
  readonly grads?: (Plain | null)[];
}

const cases = JSON.parse(
  readFileSync(new URL('../fixtures/distributions.json', import.meta.url), 'utf8'),
) as Case[];

const numbers = (p: Plain): Float64Array =>
  Float64Array.from(p.data, (x) =>
    Number(typeof x === 'string' ? x.replace('inf', 'Infinity') : x),
  );

const make = (p: Plain): Tensor =>
  p.int
    ? tensor(Int32Array.from(numbers(p)), { shape: p.shape })
    : tensor(numbers(p), { shape: p.shape, requiresGrad: true });

type AnyDistribution = distributions.Distribution & Record<string, unknown>;

function build({ cls, params }: Spec, tensors: readonly Tensor[]): AnyDistribution {
  const Class = (
    distributions as unknown as Record<string, new (parameters: object) => AnyDistribution>
  )[cls];
  if (Class === undefined) throw new Error(`no distribution ${cls}`);
  const given = Object.entries(params).map(([name, p]): [string, unknown] => [
    name,
    typeof p === 'number' ? p : tensors[p.tensor],
  ]);
  return new Class({ ...Object.fromEntries(given), validateArgs: false });
}

function result(p: AnyDistribution, c: Case, value: Tensor | null, q: AnyDistribution | null) {
  if (q !== null) return distributions.klDivergence(p, q);
  const member = p[c.what];
  if (typeof member !== 'function') return member as Tensor;
  return (value === null ? member.call(p) : member.call(p, value)) as Tensor;
}

/** The values of a fixture and its gradients, of a distribution or of one repeated so many times in front of its batch. */
function check(c: Case, times: number | null): void {
  const own = c.dist.tensors.map(make);
  const more = (c.second?.tensors ?? []).map(make);
  const value = c.value === undefined ? null : make(c.value);
  const q = c.second === undefined ? null : build(c.second, more);
  const plain = build(c.dist, own);
  const batch = value === null ? plain.batchShape : c.out.shape;
  const p = times === null ? plain : plain.expand([times, ...batch]);
  const out = result(p, c, value, q);
  const copies = Array<Float64Array>(times ?? 1).fill(numbers(c.out));
  expect(out.shape).toEqual(times === null ? c.out.shape : [times, ...c.out.shape]);
  expect(
    worst(
      out.dataSync(),
      copies.flatMap((copy) => [...copy]),
    ),
  ).toBeLessThan(1e-10);
  if (c.grads === undefined) return;
  const leaves = [...own, ...more, ...(value === null ? [] : [value])].filter(
    (t) => t.requiresGrad,
  );
  const weights = arange(1, numbers(c.out).length + 1)
    .cast('float64')
    .mul(0.1)
    .reshape(c.out.shape);
  const total = where(out.isFinite(), out, 0).mul(weights).sum();
  const gradients = total.requiresGrad
    ? grad([total], leaves, { allowUnused: true })
    : leaves.map(() => null);
  gradients.forEach((g, i) => {
    const expected = c.grads?.[i];
    const wanted = expected == null ? new Float64Array(leaves[i]?.size ?? 0) : numbers(expected);
    const got = g === null ? new Float64Array(wanted.length) : g.dataSync();
    wanted.forEach((x, k) => {
      // PyTorch's gradient is NaN where the value is not finite, ours 0.
      wanted[k] = Number.isNaN(x) ? (got[k] as number) : x * copies.length;
    });
    expect(worst(got, wanted), `gradient ${i}`).toBeLessThan(1e-9);
  });
}

describe('distributions as PyTorch', () => {
  const title = (c: Case): string =>
    `${c.dist.cls}${c.second === undefined ? '' : ` and ${c.second.cls}`}: ${c.what} of ${Object.keys(c.dist.params).join(', ')}`;
  it.each(cases.map((c): [string, Case] => [title(c), c]))('%s', (_, c) => check(c, null));

  const single = cases.filter((c) => c.second === undefined);
  it.each(single.map((c): [string, Case] => [title(c), c]))('expanded %s', (_, c) => check(c, 2));
});
