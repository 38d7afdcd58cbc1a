/**
 * @file The values that a recorded function computes change from call to call: they may become leaves, which are then leaves
 * at each call; but they cannot be read, even if they depend only on parameters and random numbers.
 */
import { describe, expect, test } from 'vitest';
import {
  allClose,
  checkpoint,
  compile,
  equal,
  grad,
  manualSeed,
  noGrad,
  nonzero,
  Parameter,
  rand,
  tensor,
  tensorSplit,
  unique,
  vmap,
  type Tensor,
} from '../../../src/index.js';

const double = { dtype: 'float64' } as const;
const first = (gradients: readonly (Tensor | null)[]): Tensor => gradients[0] as Tensor;

/** Derivatives by a tensor that `f` makes itself: as one would write them with `requiresGrad_`. */
const LEAVES: Record<string, (x: Tensor, w: Parameter) => Tensor> = {
  'a detached argument': (x) => {
    const y = x.detach().requiresGrad_();
    return first(grad([y.pow(3).sum()], [y]));
  },
  'what was computed from a parameter without grad': (_x, w) => {
    const y = noGrad(() => w.mul(2)).requiresGrad_();
    return first(grad([y.pow(3).mul(w).sum()], [y]));
  },
  'by backward()': (x) => {
    const y = x.detach().mul(2).requiresGrad_();
    y.pow(3).sum().backward();
    return y.grad as Tensor;
  },
  twice: (x) => {
    const y = x.detach().requiresGrad_();
    const slope = first(grad([y.pow(4).sum()], [y], { createGraph: true }));
    return first(grad([slope.square().sum()], [y]));
  },
  'a penalty on a slope, by a parameter': (x, w) => {
    const y = x.detach().mul(w.detach()).requiresGrad_();
    const slope = first(grad([y.mul(w).square().sum()], [y], { createGraph: true }));
    return first(grad([slope.square().sum()], [w]));
  },
  'nothing flows on behind it': (x, w) => {
    const y = noGrad(() => w.mul(x)).requiresGrad_();
    return first(grad([y.square().sum().add(w.sum())], [w]));
  },
  'switched off again': (x, w) => {
    const y = x.detach().mul(3).requiresGrad_();
    y.requiresGrad_(false);
    return first(grad([y.mul(w).sum()], [w]));
  },
  'differentiated from both sides': (x, w) =>
    grad((z: Tensor) => {
      const y = w.detach().mul(2).requiresGrad_();
      return first(grad([y.pow(3).mul(z).sum()], [y], { createGraph: true })).sum();
    })(x),
  'in a checkpoint': (x) => {
    const y = x.detach().mul(2).requiresGrad_();
    return first(grad([checkpoint((z: Tensor) => z.pow(3).sum(), y)], [y]));
  },
  'with a hook': (x) => {
    const y = x.detach().mul(2).requiresGrad_();
    y.registerHook((g) => g.mul(10));
    return first(grad([y.pow(2).sum()], [y]));
  },
};

describe.each(Object.entries(LEAVES))('a leaf that is computed: %s', (_name, f) => {
  const w = new Parameter(tensor([0.5, -1.5], double));
  const at = (k: number): Tensor => tensor([1 + k, 2 - k], double);
  const next = (): void => {
    noGrad(() => w.assign(w.mul(1.5)));
  };

  test('is a leaf of each call', () => {
    const compiled = compile((x: Tensor) => f(x, w));
    for (let k = 0; k < 3; k++) {
      expect(compiled(at(k)).toArray()).toEqual(f(at(k), w).toArray());
      next();
    }
  });

  test('and of each example', () => {
    if (f.toString().includes('backward()')) return; // refused in vmap
    const each = [0, 1, 2].map((k) => f(at(k), w).toArray());
    const xs = tensor(
      [0, 1, 2].map((k) => [1 + k, 2 - k]),
      double,
    );
    const batched = vmap((x: Tensor) => f(x, w));
    expect(batched(xs).toArray()).toEqual(each);
    expect(compile(batched)(xs).toArray()).toEqual(each);
  });
});

test('gradients of leaves that are made in it are not assumptions of a recording', () => {
  let recorded = 0;
  const w = new Parameter(tensor([1, 2], double));
  const f = (x: Tensor): unknown => {
    recorded++;
    w.grad = null;
    const [a, b] = [x.mul(2).detach().requiresGrad_(), tensor([3, 4], { requiresGrad: true })];
    a.mul(w).mul(b).square().sum().backward();
    const before = a.grad;
    a.mul(w).sum().backward();
    return [before, a.grad, b.grad].map((g) => g?.mul(1));
  };
  const values = (r: unknown): unknown => [
    ...(r as Tensor[]).map((t) => t.toArray()),
    w.grad?.toArray(),
  ];
  const compiled = compile(f);
  const at = (k: number): Tensor => tensor([k, 1], double);
  const plain = [1, 2, 3].map((k) => values(f(at(k))));
  recorded = 0;
  expect([1, 2, 3].map((k) => values(compiled(at(k))))).toEqual(plain);
  expect(recorded).toBe(1);
});

test('random numbers that require grad are drawn at each call', () => {
  const f = compile(() => {
    const y = rand([3], { requiresGrad: true });
    return { y, slope: first(grad([y.square().sum()], [y])) };
  });
  manualSeed(1);
  const plain = [rand([3]), rand([3])].map((t) => t.toArray());
  manualSeed(1);
  const drawn = [f(), f()];
  expect(drawn.map(({ y }) => y.toArray())).toEqual(plain);
  for (const { y, slope } of drawn) expect(slope.toArray()).toEqual(y.mul(2).toArray());
});

describe('a value that may be another at the next call is not read', () => {
  const w = new Parameter(tensor([1, 0, 2]));
  const READERS: Record<string, (x: Tensor) => unknown> = {
    nonzero,
    unique,
    'a mask': (x) => w.maskedSelect(x.gt(0)),
    equal: (x) => equal(x, x),
    allClose: (x) => allClose(x, x),
    'JSON.stringify': (x) => JSON.stringify(x),
    repeatInterleave: (x) => w.repeatInterleave(x.cast('int32')),
    bincount: (x) => x.cast('int32').bincount(),
    split: (x) => tensorSplit(w, x.narrow(0, 0, 1).cast('int32').reshape([])),
  };
  const SOURCES: Record<string, () => Tensor> = {
    'a parameter': () => w.detach(),
    'what is computed from one': () => w.mul(1).detach(),
    'random numbers': () => rand([3]).add(0.5).ceil(),
  };
  test.each(
    Object.entries(READERS).flatMap(([reader, read]) =>
      Object.entries(SOURCES).map(([source, x]) => ({ reader, source, read, x })),
    ),
  )('by $reader: $source', ({ read, x }) => {
    read(x()); // in plain code it is
    expect(() => compile(() => (read(x()), w.sum()))()).toThrow(
      /values cannot be read inside a function that compile records/,
    );
    expect(compile(() => w.sum())().item()).toBe(3);
  });

  test('arguments are refused too, by the name of the reader', () => {
    for (const op of ['item', 'dataSync', 'toArray'] as const)
      expect(() => compile((x: Tensor) => x.add(x.sum()[op]() as number))(tensor([1]))).toThrow(
        `${op}: values cannot be read inside a function that compile records`,
      );
  });

  test('reads the value of a captured tensor', () => {
    const lengths = tensor([2, 1]);
    const sum = lengths.sum();
    const f = compile((x: Tensor) => x.mul(sum.item()).add(Number(lengths.toArray()[1])));
    expect(f(tensor([1, 2])).toArray()).toEqual([4, 7]);
    expect(f(tensor([0, 1])).toArray()).toEqual([1, 4]);
  });

  test('what is the same at each call is', () => {
    const mask = tensor([1, 2, 3]).gt(1);
    const f = compile((x: Tensor) => x.maskedSelect(mask.logicalAnd(tensor([true, true, false]))));
    expect(f(tensor([4, 5, 6])).toArray()).toEqual([5]);
    expect(f(tensor([7, 8, 9])).toArray()).toEqual([8]);
  });
});
