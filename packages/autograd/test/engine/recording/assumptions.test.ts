/** @file Everything a recording assumes is checked at each call: exactly one of it changes, and the answer is right. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cell } from '../../../src/index.js';
import {
  arange,
  cell,
  compile,
  dependsOn,
  grad,
  noGrad,
  Parameter,
  scalar,
  tensor,
  type DType,
  type Tensor,
} from '../../../src/index.js';

/** What a call depends on, by value: from it everything is made anew, so that a plain and a compiled call start equal. */
interface Situation {
  readonly a: {
    dtype: DType;
    requiresGrad: boolean;
    hasGrad: boolean;
    hook: number;
    size: number;
    leaf: boolean;
  };
  /** Whether the second argument is the first, and whether the first is the tensor that the function captures. */
  readonly aliased: boolean;
  readonly captures: boolean;
  /** Which of two parameters, and which of two cells, is given. */
  readonly parameter: 0 | 1;
  readonly counter: 0 | 1;
  readonly k: number | 'tensor';
  readonly option: 'x' | 'y';
  readonly nested: boolean;
  readonly training: boolean;
  readonly capturedRequiresGrad: boolean;
  readonly capturedHook: number;
  readonly frozen: boolean;
  readonly gradMode: boolean;
  readonly groups: number;
}

const BASE: Situation = {
  a: { dtype: 'float64', requiresGrad: true, hasGrad: false, hook: 1, size: 3, leaf: true },
  aliased: false,
  captures: false,
  parameter: 0,
  counter: 0,
  k: 2,
  option: 'x',
  nested: false,
  training: true,
  capturedRequiresGrad: true,
  capturedHook: 1,
  frozen: false,
  gradMode: true,
  groups: 1,
};

/** A function, what it captures, and what of it can change between calls. */
class World {
  readonly captured = tensor([2, 3, 5], { dtype: 'float64', requiresGrad: true });
  readonly parameters = [7, 11].map((n) => new Parameter(tensor(n, { dtype: 'float64' })));
  readonly counters = [0, 10].map((n) => cell(tensor(n, { dtype: 'int32' })));
  readonly own = new Parameter(tensor([1, 4, 9], { dtype: 'float64' }));
  training = true;
  groups: readonly (readonly Tensor[])[] = [];
  recorded = 0;

  f = (
    args: { a: Tensor; b: Tensor },
    list: readonly (readonly unknown[])[],
    p: Parameter,
    n: Cell,
    k: number | Tensor,
    options: { mode: string },
  ): unknown => {
    this.recorded++;
    const { a, b } = args;
    const training = dependsOn(() => this.training);
    const groups = dependsOn(() => this.groups.length);
    n.assign(n.add(1));
    let y = a
      .mul(p)
      .add(b.mul(b))
      .mul(training ? 2 : 3)
      .add(groups);
    y = y.add(this.captured.sum()).add(this.own.sum());
    if (options.mode === 'y') y = y.square();
    const whole = arange(3).mul(k as number); // a whole number leaves it whole
    const loss = y.mul(k as number).sum();
    if (loss.requiresGrad) loss.backward();
    return { loss, whole, nested: list[0]?.length, y: y.detach(), a: a.requiresGrad };
  };

  /** Everything that a call gives and changes. */
  outcome(s: Situation, f: World['f'] = this.f): unknown {
    this.training = s.training;
    this.groups = Array.from({ length: s.groups }, () => []);
    const { dtype, requiresGrad, hasGrad, size, leaf } = s.a;
    const made: Tensor[] = [];
    const make = (first: number): Tensor => {
      const values = Array.from({ length: size === 3 ? 3 : 1 }, (_, i) => first + i);
      const t = tensor(values, { dtype });
      if (dtype === 'int32') return t;
      t.requiresGrad_(requiresGrad);
      made.push(t);
      return leaf ? t : t.mul(2);
    };
    this.captured.requiresGrad_(s.capturedRequiresGrad);
    this.own.requiresGrad_(!s.frozen);
    for (const t of [this.captured, this.own, ...this.parameters]) t.grad = null;
    this.counters.forEach((n, i) => n.assign(tensor(10 * i, { dtype: 'int32' })));
    const a = s.captures ? this.captured : make(1);
    const b = s.aliased ? a : make(4);
    if (hasGrad && a.requiresGrad && a.isLeaf) a.grad = a.detach().mul(0).add(100);
    const offs: (() => void)[] = [];
    const scale = (t: Tensor, by: number): void => {
      if (t.requiresGrad && by !== 1) offs.push(t.registerHook((g) => g.mul(by)));
    };
    if (!s.captures) scale(a, s.a.hook);
    scale(this.captured, s.capturedHook);
    const list = s.nested ? [[1], [2, 3]] : [[1, 2], [3]];
    const call = (): unknown =>
      f(
        { a, b },
        list,
        this.parameters[s.parameter] as Parameter,
        this.counters[s.counter] as Cell,
        s.k === 'tensor' ? scalar(2) : s.k,
        { mode: s.option },
      );
    const result = s.gradMode ? call() : noGrad(call);
    for (const off of offs) off();
    const seen = (t: Tensor | null): unknown =>
      t === null ? null : { dtype: t.dtype, values: t.toArray() };
    return {
      result: Object.fromEntries(
        Object.entries(result as object).map(([key, t]) => [
          key,
          typeof t === 'object' ? seen(t as Tensor) : (t as unknown),
        ]),
      ),
      gradients: [a, b, ...made, this.captured, this.own, ...this.parameters].map((t) =>
        seen(t.grad),
      ),
      counters: this.counters.map(seen),
    };
  }
}

/** One change each. */
const CHANGES: Record<string, (s: Situation) => Situation> = {
  aliasing: (s) => ({ ...s, aliased: !s.aliased }),
  'a captured tensor as argument': (s) => ({ ...s, captures: !s.captures }),
  'identity of a parameter': (s) => ({ ...s, parameter: s.parameter === 0 ? 1 : 0 }),
  'identity of a cell': (s) => ({ ...s, counter: s.counter === 0 ? 1 : 0 }),
  'a whole number': (s) => ({ ...s, k: s.k === 2.5 ? 2 : 2.5 }),
  'a number or a tensor': (s) => ({ ...s, k: s.k === 'tensor' ? 2 : 'tensor' }),
  'dtype of an argument': (s) => ({
    ...s,
    a: { ...s.a, dtype: s.a.dtype === 'float64' ? 'float32' : 'float64' },
  }),
  'an argument of integers': (s) => ({
    ...s,
    a: { ...s.a, dtype: s.a.dtype === 'int32' ? 'float64' : 'int32' },
  }),
  'shape of an argument': (s) => ({ ...s, a: { ...s.a, size: s.a.size === 3 ? 1 : 3 } }),
  'requiresGrad of an argument': (s) => ({ ...s, a: { ...s.a, requiresGrad: !s.a.requiresGrad } }),
  'an argument that is no leaf': (s) => ({ ...s, a: { ...s.a, leaf: !s.a.leaf } }),
  'a gradient that an argument has': (s) => ({ ...s, a: { ...s.a, hasGrad: !s.a.hasGrad } }),
  'a hook of an argument': (s) => ({ ...s, a: { ...s.a, hook: s.a.hook === 1 ? 3 : 1 } }),
  'an option': (s) => ({ ...s, option: s.option === 'x' ? 'y' : 'x' }),
  'how arguments are nested': (s) => ({ ...s, nested: !s.nested }),
  training: (s) => ({ ...s, training: !s.training }),
  'requiresGrad of what is captured': (s) => ({
    ...s,
    capturedRequiresGrad: !s.capturedRequiresGrad,
  }),
  'a hook of what is captured': (s) => ({ ...s, capturedHook: s.capturedHook === 1 ? 3 : 1 }),
  'a parameter frozen': (s) => ({ ...s, frozen: !s.frozen }),
  'grad mode': (s) => ({ ...s, gradMode: !s.gradMode }),
  groups: (s) => ({ ...s, groups: s.groups === 1 ? 2 : 1 }),
};

const names = Object.keys(CHANGES);
const change = (name: string, s: Situation): Situation =>
  (CHANGES[name] as (s: Situation) => Situation)(s);

describe('a compiled function called as before but for', () => {
  test.each(names)('%s', (name) => {
    const [plain, world] = [new World(), new World()];
    const compiled = compile(world.f);
    const changed = change(name, BASE);
    // The change matters: what was recorded before would give another answer.
    expect(plain.outcome(changed)).not.toEqual(plain.outcome(BASE));
    for (const s of [BASE, BASE, changed, BASE, changed]) {
      expect(world.outcome(s, compiled)).toEqual(plain.outcome(s));
    }
    expect(world.recorded).toBeLessThanOrEqual(4);
  });

  test('any of these, from any state', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 12 }), (path) => {
        const [plain, world] = [new World(), new World()];
        const compiled = compile(world.f);
        let s = BASE;
        for (const name of path) {
          s = change(name, s);
          expect(world.outcome(s, compiled)).toEqual(plain.outcome(s));
        }
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});

describe('results that were not computed', () => {
  test('a constant, a captured tensor, a parameter and an argument', () => {
    const kept = tensor([1, 2]);
    const later = kept.add(1);
    const w = new Parameter(tensor([5]));
    const f = compile((x: Tensor) => ({ c: arange(3), kept, later, w, x, two: tensor(2) }));
    for (let i = 0; i < 3; i++) {
      const x = tensor([i]);
      const r = f(x);
      expect([r.c, r.kept, r.later, r.two].map((t) => t.toArray())).toEqual([
        [0, 1, 2],
        [1, 2],
        [2, 3],
        2,
      ]);
      expect(r.x).toBe(x);
      expect(r.w.toArray()).toEqual([5 + i]);
      noGrad(() => w.assign(w.add(1)));
    }
  });

  test('a derivative that is a constant, or 0', () => {
    const f = compile((x: Tensor) => {
      const linear = grad((y: Tensor) => y.sum())(x);
      const none = grad((y: Tensor) => y.mul(0).sum())(x);
      const one = grad((y: Tensor) => y)(x.sum());
      return [linear, none, one] as const;
    });
    for (const x of [tensor([1, 2]), tensor([3, 4])])
      expect(f(x).map((t) => t.toArray())).toEqual([[1, 1], [0, 0], 1]);
  });

  test("an argument's own gradient", () => {
    const f = compile((x: Tensor, scale: number) => {
      x.mul(scale).sum().backward();
      return x.grad as Tensor;
    });
    const x = tensor([1, 2], { requiresGrad: true });
    expect(f(x, 0).toArray()).toEqual([0, 0]);
    expect(f(x, 3).toArray()).toEqual([3, 3]);
    expect((x.grad as Tensor).toArray()).toEqual([3, 3]);
    const other = tensor([5, 6], { requiresGrad: true });
    f(other, 2);
    expect([x, other].map((t) => (t.grad as Tensor).toArray())).toEqual([
      [3, 3],
      [2, 2],
    ]);
  });

  test('a cell that is given a constant', () => {
    const n = cell(scalar(0));
    const f = compile(() => {
      n.assign(tensor(3));
      return n.add(1);
    });
    for (let i = 0; i < 3; i++) {
      n.assign(scalar(i));
      expect(f().item()).toBe(4);
      expect(n.item()).toBe(3);
    }
  });
});

describe('requiresGrad_ on an argument', () => {
  test('makes it a leaf, at each call', () => {
    const f = (x: Tensor): Tensor => {
      x.requiresGrad_();
      const y = x.square().sum();
      y.backward();
      return (x.grad as Tensor).mul(2);
    };
    const compiled = compile(f);
    for (const values of [
      [1, 2],
      [3, 4],
      [5, 6],
    ]) {
      const [a, b] = [tensor(values), tensor(values)];
      for (let i = 0; i < 2; i++) {
        expect(compiled(a).toArray()).toEqual(f(b).toArray());
        expect(a.requiresGrad).toBe(true);
        expect((a.grad as Tensor).toArray()).toEqual((b.grad as Tensor).toArray());
      }
    }
  });

  test('is refused where the argument is not a leaf, as in plain code', () => {
    const h = tensor([1], { requiresGrad: true }).mul(2);
    expect(() => compile((x: Tensor) => x.requiresGrad_(false))(h)).toThrow(/only a leaf/);
  });
});
