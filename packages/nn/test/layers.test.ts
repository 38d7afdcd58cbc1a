/** @file Layers against PyTorch in float64: outputs, gradients, state. The fixtures' script is fixtures/layers.py. */
import { readFileSync } from 'node:fs';
import { arange, Tensor } from '@chainrule/autograd';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index.js';
import { unpack, unpackAll, worst, type Packed } from './packed.js';

type Constructor = readonly [name: string, ...args: unknown[]];
type Callable = nn.Module & { forward(...args: unknown[]): unknown };

interface Case {
  readonly name: string;
  readonly ctor: Constructor;
  readonly train: boolean;
  readonly state: Record<string, Packed>;
  readonly calls: Packed[][];
  readonly options: Record<string, unknown>;
  readonly outs: Packed[][];
  readonly grads: Record<string, Packed>;
  readonly inputGrads: (Packed | null)[];
  readonly after: Record<string, Packed>;
}

const cases = JSON.parse(
  readFileSync(new URL('fixtures/layers.json', import.meta.url), 'utf8'),
) as Case[];
const TOLERANCE = 1e-9;

function build([name, ...args]: Constructor): nn.Module {
  if (name === 'weightNorm')
    return nn.utils.weightNorm(build(args[0] as Constructor), args[1] as object);
  if (name === 'spectralNorm')
    return nn.utils.spectralNorm(build(args[0] as Constructor), args[1] as object);
  const Class = (nn as unknown as Record<string, new (...a: unknown[]) => nn.Module>)[name];
  if (Class === undefined) throw new Error(`no layer ${name}`);
  return new Class(...args.map(decode));
}

/** Tensors among the arguments, and infinity, which JSON has not. */
function decode(x: unknown): unknown {
  if (x === 'inf') return Infinity;
  if (isPacked(x)) return unpack(x);
  if (typeof x !== 'object' || x === null || Array.isArray(x)) return x;
  return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, decode(v)]));
}

function flat(y: unknown): Tensor[] {
  if (y === null) return [];
  return y instanceof Tensor ? [y as Tensor] : Object.values(y as object).flatMap(flat);
}

function isPacked(x: unknown): x is Packed {
  return typeof x === 'object' && x !== null && 'data' in x;
}

function expectClose(got: Tensor | null | undefined, packed: Packed, what: string): void {
  const expected = unpack(packed);
  if (got === null || got === undefined) {
    // PyTorch fills zeros in where a gradient does not exist.
    expect(worst(expected.dataSync(), new Float64Array(expected.size)), what).toBe(0);
    return;
  }
  expect([...got.shape], what).toEqual([...expected.shape]);
  expect(worst(got.dataSync(), expected.dataSync()), what).toBeLessThan(TOLERANCE);
}

describe('layers as PyTorch', () => {
  it.each(cases.map((c): [string, Case] => [c.name, c]))('%s', (_, c) => {
    const model = build(c.ctor).to('float64') as Callable;
    expect(Object.keys(model.stateDict()).sort()).toEqual(Object.keys(c.state).sort());
    model.loadStateDict(unpackAll(c.state));
    model.train(c.train);
    const options = Object.entries(c.options).map(([k, v]): [string, unknown] => [
      k,
      isPacked(v) ? unpack(v) : v,
    ]);
    let inputs: Tensor[] = [];
    let outs: Tensor[] = [];
    c.calls.forEach((call, i) => {
      inputs = call.map(unpack);
      for (const x of inputs) if (x.dtype === 'float64') x.requiresGrad_();
      outs = flat(
        model.forward(...inputs, ...(options.length > 0 ? [Object.fromEntries(options)] : [])),
      );
      const expected = c.outs[i] as Packed[];
      expect(outs.length).toBe(expected.length);
      expected.forEach((packed, k) => expectClose(outs[k], packed, `call ${i}, output ${k}`));
    });
    const terms = outs.map((y) =>
      y
        .mul(
          arange(1, y.size + 1)
            .cast('float64')
            .mul(0.1)
            .reshape(y.shape),
        )
        .sum(),
    );
    terms.reduce((a, b) => a.add(b)).backward();
    const parameters = new Map(model.namedParameters());
    for (const [name, packed] of Object.entries(c.grads))
      expectClose(parameters.get(name)?.grad, packed, `gradient of ${name}`);
    c.inputGrads.forEach((packed, i) => {
      if (packed !== null) expectClose(inputs[i]?.grad, packed, `gradient of input ${i}`);
    });
    const after = model.stateDict();
    for (const [name, packed] of Object.entries(c.after))
      expectClose(after[name], packed, `${name} afterwards`);
  });
});
