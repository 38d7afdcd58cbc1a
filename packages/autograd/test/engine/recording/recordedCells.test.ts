/**
 * @file Cells that a recorded function creates, and objects that it receives: each call does what it would without `compile`.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  cell,
  compile,
  full,
  fullLike,
  grad,
  keptCells,
  manualSeed,
  noGrad,
  ones,
  Parameter,
  passingCells,
  rand,
  scalar,
  tensor,
  zeros,
  type Cell,
  type Tensor,
} from '../../../src/index.js';

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

/** Each makes a function with something of its own to remember. */
const MAKERS: Record<string, () => (x: Tensor) => unknown> = {
  'made at every call, of constants': () => (x) => {
    const c = cell(ones([2]));
    c.assign(c.add(x));
    c.assign(c.mul(2));
    return c.mul(1);
  },
  'made of a parameter': () => {
    const w = new Parameter(tensor([1, 2]));
    return (x) => {
      const c = cell(w.detach());
      c.assign(c.add(x));
      w.assign(w.add(1));
      return c.mul(1);
    };
  },
  'made of an argument': () => (x) => {
    const c = cell(x);
    const d = cell(x.mul(2));
    c.assign(c.add(d));
    return c.mul(1);
  },
  'made of an argument and kept': () => {
    let kept: Cell | undefined;
    return (x) => {
      kept ??= cell(x.mul(10));
      kept.assign(kept.add(x));
      return kept.mul(1);
    };
  },
  'made at first and only read': () => {
    let kept: Cell | undefined;
    return (x) => x.mul((kept ??= cell(x.mul(10))));
  },
  'kept from the second call on': () => {
    const first = cell(scalar(0));
    let calls = 0;
    let kept: Cell | undefined;
    return (x) => {
      first.assign(first.add(1));
      if (calls++ > 0) {
        kept ??= cell(zeros([2]));
        kept.assign(kept.add(x));
      }
      const spare = calls < 3 ? cell(x) : null;
      return [first.mul(1), kept?.mul(1), spare?.mul(1)];
    };
  },
  'made of random numbers': () => (x) => {
    const c = cell(rand([2]));
    c.assign(c.mul(x));
    return c.mul(1);
  },
  'a parameter with steps of its own': () => {
    const w = new Parameter(tensor([1, 2]));
    return (x) => {
      const p = new Parameter(w.detach());
      for (let i = 0; i < 2; i++) {
        p.grad = null;
        p.mul(x).square().sum().backward();
        const slope = p.grad as Tensor | null;
        noGrad(() => p.assign(p.sub((slope as Tensor).mul(0.1))));
      }
      w.assign(w.lerp(p, 0.5)); // Reptile
      return [p.detach(), w.detach()];
    };
  },
};

const seen = (x: unknown): unknown =>
  Array.isArray(x) ? x.map(seen) : x === undefined || x === null ? null : (x as Tensor).toArray();

test.each(Object.entries(MAKERS))('a cell %s', (_name, make) => {
  const run = (wrap: (f: (x: Tensor) => unknown) => (x: Tensor) => unknown): unknown[] => {
    manualSeed(5);
    const f = wrap(make());
    return [1, 2, 3, 4, 5].map((k) => seen(f(tensor([k, -k]))));
  };
  const compiled = run((f) => compile(f));
  expect(compiled).toEqual(run((f) => f));
});

test('an object made once is recorded twice at most', () => {
  let recorded = 0;
  let kept: Cell | undefined;
  const f = compile((x: Tensor) => {
    recorded++;
    kept ??= cell(zeros([1]));
    kept.assign(kept.add(x));
    return kept.mul(1);
  });
  for (let i = 0; i < 5; i++) f(tensor([1]));
  expect(recorded).toBe(2);
  expect(console.warn).not.toHaveBeenCalled();
});

test('cells of which it is said how long they serve need no second recording', () => {
  const make = (): { f: (x: Tensor) => Tensor; recorded: () => number } => {
    let recorded = 0;
    let kept: Cell | undefined;
    const f = (x: Tensor): Tensor => {
      recorded++;
      const sum = keptCells(() => (kept ??= cell(zeros([1]))));
      const local = passingCells(() => [cell(ones([1])), cell(sum), cell(x)]);
      for (const c of local) c.assign(c.add(x));
      sum.assign(sum.add(x));
      return local.reduce((t: Tensor, c) => t.add(c), sum.mul(100));
    };
    return { f, recorded: () => recorded };
  };
  const [plain, other] = [make(), make()];
  const compiled = compile(other.f);
  for (let i = 1; i < 6; i++)
    expect(compiled(tensor([i])).toArray()).toEqual(plain.f(tensor([i])).toArray());
  expect(other.recorded()).toBe(1);
});

test('an object made at every call is reported once', () => {
  const f = compile((x: Tensor) => cell(x).mul(2));
  for (let i = 0; i < 20; i++) expect(f(tensor([i])).toArray()).toEqual([2 * i]);
  expect(console.warn).toHaveBeenCalledTimes(1);
  expect(vi.mocked(console.warn).mock.calls[0]?.[0]).toMatch(
    /makes cells .* at every call.*outside/s,
  );
});

describe('an object among the arguments', () => {
  class Settings {
    scale = 2;
    calls = 0;
    shift: Tensor = tensor([1]);
    get never(): number {
      throw new Error('an accessor was called');
    }
  }
  let recorded = 0;
  const f = compile((s: Settings, m: Map<string, number>, a: Float32Array, set: Set<number>) => {
    recorded++;
    s.calls++; // its own affair
    const total = [...a].reduce((x, y) => x + y, m.get('x') ?? 0) + set.size;
    return s.shift.mul(s.scale).add(total);
  });
  test('is looked into at each call', () => {
    const [s, m, a] = [new Settings(), new Map([['x', 10]]), Float32Array.of(1, 2)];
    const set = new Set([1]);
    const at = (): unknown => f(s, m, a, set).toArray();
    expect(at()).toEqual([16]);
    expect(at()).toEqual([16]);
    expect(recorded).toBe(1);
    s.scale = 3;
    expect(at()).toEqual([17]);
    s.shift = tensor([2]);
    expect(at()).toEqual([20]);
    m.set('x', 20);
    expect(at()).toEqual([30]);
    a[0] = 5;
    expect(at()).toEqual([34]);
    set.add(2);
    expect(at()).toEqual([35]);
    set.delete(1);
    set.add(3);
    expect(at()).toEqual([35]);
    expect(at()).toEqual([35]);
    expect(recorded).toBe(7);
  });
});

describe('a number among the arguments', () => {
  test('fills a tensor', () => {
    const f = compile((x: Tensor, k: number) => [
      full([2], k).mul(x),
      fullLike(x, k),
      tensor(k).add(x),
      scalar(k, { dtype: 'int32' }),
      full([1], k, { dtype: 'bool' }),
      grad((y: Tensor) => y.mul(full([2], k)).sum())(x),
    ]);
    for (const k of [2, 3.5, 0]) {
      expect(f(tensor([1, 2]), k).map((t): unknown => t.toArray())).toEqual([
        [k, 2 * k],
        [k, k],
        [k + 1, k + 2],
        Math.trunc(k),
        [k !== 0],
        [k, k],
      ]);
    }
  });

  test.each<[string, (x: Tensor, k: number) => unknown]>([
    ['arithmetic', (x, k) => x.mul(k * 2)],
    ['a comparison', (x, k) => (k > 1 ? x : x.neg())],
    ['a name', (x, k) => ({ [`layer${k}`]: x })],
    ['an index', (x, k) => [x, x][k]],
    ['a dimension', (x, k) => x.sum(k)],
    ['a size', (_x, k) => zeros([k])],
  ])('names the number where its value is read: %s', (_name, use) => {
    expect(() => compile(use)(tensor([1]), 0)).toThrow(/number argument.*capture it/s);
  });
});
