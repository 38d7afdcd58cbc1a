/** @file `nn.utils.parametrizations`: PyTorch's numbers under PyTorch's keys, and properties that hold during training. */
import { readFileSync } from 'node:fs';
import * as A from '@chainrule/autograd';
import { manualSeed, tensor, type Tensor } from '@chainrule/autograd';
import { SGD } from '@chainrule/optim';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index.js';

const { orthogonal, spectralNorm, weightNorm } = nn.utils.parametrizations;

interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Case {
  readonly name: string;
  readonly before: Readonly<Record<string, Packed>>;
  readonly x: Packed;
  readonly y: Packed;
  readonly gradients: Readonly<Record<string, Packed>>;
  readonly after: Readonly<Record<string, Packed>>;
  readonly evaluated: Packed;
  readonly weight: Packed;
}

// Made by fixtures/parametrizations.py.
const cases = JSON.parse(
  readFileSync(new URL('fixtures/parametrizations.json', import.meta.url), 'utf8'),
) as Case[];

const unpack = ({ shape, data }: Packed): Tensor => tensor(new Float64Array(data), { shape });

function expectNear(x: Tensor | null | undefined, packed: Packed | undefined): void {
  expect(x?.shape).toEqual(packed?.shape);
  const data = [...((x as Tensor).dataSync() as Float64Array)];
  data.forEach((value, i) => expect(value).toBeCloseTo(packed?.data[i] as number, 12));
}

const MAKE: Record<string, () => nn.Module<[Tensor], Tensor> & { readonly weight: unknown }> = {
  'weightNorm Conv1d': () => weightNorm(new nn.Conv1d(2, 3, 2)),
  'weightNorm Linear dim 1': () => weightNorm(new nn.Linear(3, 2), { dim: 1 }),
  'weightNorm Linear dim null': () => weightNorm(new nn.Linear(3, 2), { dim: null }),
  'spectralNorm Linear': () => spectralNorm(new nn.Linear(3, 2)),
  'spectralNorm Conv2d': () => spectralNorm(new nn.Conv2d(2, 3, 2), { nPowerIterations: 2 }),
  'spectralNorm ConvTranspose2d': () => spectralNorm(new nn.ConvTranspose2d(2, 3, 2)),
  'spectralNorm LayerNorm': () => spectralNorm(new nn.LayerNorm(3)),
  'orthogonal 3 × 3': () => orthogonal(new nn.Linear(3, 3)),
  'orthogonal 4 × 2': () => orthogonal(new nn.Linear(2, 4)),
  'orthogonal 2 × 4 cayley': () => orthogonal(new nn.Linear(4, 2), { orthogonalMap: 'cayley' }),
  'orthogonal 2 × 4 matrixExp, plain': () =>
    orthogonal(new nn.Linear(4, 2), { orthogonalMap: 'matrixExp', useTrivialization: false }),
  'orthogonal 4 × 2 householder, plain': () =>
    orthogonal(new nn.Linear(2, 4), { useTrivialization: false }),
};

describe('parametrizations', () => {
  it.each(cases.map((c) => [c.name, c] as const))('%s has the numbers of PyTorch', (name, c) => {
    const module = (MAKE[name] as () => nn.Linear)().to('float64');
    expect(Object.keys(module.stateDict()).sort()).toEqual(Object.keys(c.before).sort());
    module.loadStateDict(
      Object.fromEntries(Object.entries(c.before).map(([k, v]) => [k, unpack(v)])),
    );
    const x = unpack(c.x);
    module.forward(x);
    const y: Tensor = module.forward(x);
    expectNear(y, c.y);
    y.mul(
      A.arange(1, y.size + 1, { dtype: 'float64' })
        .reshape(y.shape)
        .mul(0.1),
    )
      .sum()
      .backward();
    const parameters = new Map(module.namedParameters());
    for (const [key, gradient] of Object.entries(c.gradients))
      expectNear(parameters.get(key)?.grad, gradient);
    const after = module.stateDict();
    for (const [key, value] of Object.entries(c.after)) expectNear(after[key], value);
    module.eval();
    expectNear(module.forward(x), c.evaluated);
    expectNear(module.weight, c.weight);
  });

  it('leave the weight as it was where they can, also after their removal', () => {
    manualSeed(3);
    const weights = (
      make: (l: nn.Linear) => nn.Linear,
      inputs: number,
      outputs: number,
    ): Tensor[] => {
      const layer = new nn.Linear(inputs, outputs);
      nn.init.orthogonal(layer.weight);
      const before = layer.weight.detach();
      const after = make(layer).weight.detach();
      nn.utils.parametrize.removeParametrizations(layer, 'weight');
      expect(Object.keys(layer.stateDict()).sort()).toEqual(['bias', 'weight']);
      return [before, after, layer.weight];
    };
    for (const [a, b, c] of [
      weights((l) => weightNorm(l), 3, 4),
      weights((l) => spectralNorm(l), 3, 3),
      weights((l) => orthogonal(l), 3, 3),
      weights((l) => orthogonal(l), 2, 5),
      weights((l) => orthogonal(l), 5, 2),
      weights((l) => orthogonal(l, { useTrivialization: false }), 2, 5),
      weights((l) => orthogonal(l, { useTrivialization: false }), 5, 2),
    ] as [Tensor, Tensor, Tensor][]) {
      expect(A.allClose(a, b, { atol: 2e-6 })).toBe(true);
      expect(A.allClose(b, c, { atol: 2e-6 })).toBe(true);
    }
  });

  it('orthogonal stays so while it learns, compiled too, and takes values', () => {
    manualSeed(4);
    const layer = orthogonal(new nn.Linear(3, 5));
    const optimizer = new SGD(layer.parameters(), { lr: 0.1 });
    const step = A.compile((x: Tensor) => {
      optimizer.zeroGrad();
      const loss = layer.forward(x).square().mean();
      loss.backward();
      optimizer.step();
      return loss;
    });
    const x = A.randn([8, 3]);
    const first = step(x).item();
    for (let i = 0; i < 20; i++) step(x);
    expect(step(x).item()).toBeLessThan(first);
    const W: Tensor = layer.weight;
    expect(A.allClose(W.mT.matmul(W), A.eye(3), { atol: 1e-5 })).toBe(true);
    const Q = A.linalg.qr(A.randn([5, 3])).Q;
    (layer as unknown as { weight: Tensor }).weight = Q;
    expect(A.allClose(layer.weight, Q, { atol: 1e-5 })).toBe(true);
  });

  it('refuse what they cannot take', () => {
    expect(() => nn.init.uniform(weightNorm(new nn.Linear(2, 2)).weight)).toThrow(
      /computed from "parametrizations.weight.original0" and .* by a parametrization; fill those/,
    );
    expect(() => weightNorm(new nn.ReLU())).toThrow(/ReLU has no parameter or buffer "weight"/);
    expect(() => spectralNorm(new nn.ReLU())).toThrow(/no parameter or buffer "weight"/);
    expect(() => orthogonal(new nn.LayerNorm(3))).toThrow(
      /expected a matrix .* got "weight" of shape \[3\]/,
    );
    expect(() => orthogonal(new nn.Linear(2, 2), { orthogonalMap: 'matrix_exp' as never })).toThrow(
      A.ChainruleError,
    );
  });
});

it('spectralNorm has a row for each output of a transposed convolution, as in PyTorch', () => {
  const state = nn.utils.spectralNorm(new nn.ConvTranspose2d(3, 5, 2)).stateDict();
  expect(state['weight_u']?.shape).toEqual([5]);
  expect(state['weight_v']?.shape).toEqual([12]);
});

it('weightNorm loads what the older function saved, as in PyTorch', () => {
  const before = new nn.Sequential(nn.utils.weightNorm(new nn.Linear(3, 2)), new nn.ReLU());
  const after = new nn.Sequential(weightNorm(new nn.Linear(3, 2)), new nn.ReLU());
  const x = A.randn([4, 3]);
  expect(Object.keys(before.stateDict())).toContain('0.weight_g');
  expect(after.loadStateDict(before.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
  expect(after.forward(x).toArray()).toEqual(before.forward(x).toArray());
  const copy = after.clone();
  copy.loadStateDict(before.stateDict());
  // Where both are there, the present one counts, and the older one is a key too many.
  const both = { ...after.stateDict(), '0.weight_g': A.zeros([2, 1]) };
  expect(() => after.loadStateDict(both)).toThrow(/unexpected: 0.weight_g/);
  nn.utils.parametrize.removeParametrizations(after.at(0), 'weight');
  expect(() => after.loadStateDict(before.stateDict())).toThrow(
    /unexpected: 0.weight_g, 0.weight_v/,
  );
});
