/** @file Objects of tensors are alike by their keys: in whatever order a function or a caller writes them. */
import { describe, expect, test } from 'vitest';
import {
  associativeScan,
  closureConvert,
  compile,
  cond,
  customGrad,
  grad,
  GradError,
  hvp,
  jvp,
  ones,
  pureCallback,
  scan,
  switchCase,
  tensor,
  vjp,
  vmap,
  whileLoop,
  zeros,
  type Tensor,
} from '@chainrule/autograd';

interface Pair {
  readonly a: Tensor;
  readonly b: Tensor;
}

const x = tensor([1, 2]);
const y = tensor([3, 4]);
const turned = ({ a, b }: Pair): Pair => ({ b, a });
const values = ({ a, b }: Pair): unknown[] => [a.toArray(), b.toArray()];
const weighed = ({ a, b }: Pair): Tensor => a.mul(2).add(b.mul(10));

describe('in any order', () => {
  test('cotangents and tangents are matched by key', () => {
    const [, pullback] = vjp((p: Tensor, q: Tensor): Pair => ({ a: p.mul(2), b: q.mul(10) }), x, y);
    const cotangent = { a: ones([2]), b: zeros([2]) };
    for (const ct of [cotangent, turned(cotangent)])
      expect(pullback(ct).map((t) => t.toArray())).toEqual([
        [2, 2],
        [0, 0],
      ]);
    expect(jvp(weighed, [{ a: x, b: y }], [turned(cotangent)])[1].toArray()).toEqual([2, 2]);
    const loss = (pair: Pair): Tensor => weighed(pair).square().sum();
    const [, product] = hvp(loss, [{ a: x, b: y }], [turned(cotangent)]);
    expect(values((product as unknown as readonly Pair[])[0] as Pair)).toEqual([
      [8, 8],
      [40, 40],
    ]);
  });

  test('and so are the results of a rule of customGrad', () => {
    const f = customGrad({
      forward: (_ctx, pair: Pair) => weighed(pair),
      backward: (_ctx, g: Tensor) => ({ b: g.mul(10), a: g.mul(2) }),
    });
    const gradients = grad((pair: Pair) => f(pair).sum())({ a: x, b: y });
    expect(values(gradients)).toEqual([
      [2, 2],
      [10, 10],
    ]);
    const g = customGrad({
      forward: (_ctx, p: Tensor): Pair => ({ a: p.mul(2), b: p.mul(10) }),
      backward: (_ctx, ga: Tensor, gb: Tensor) => ga.mul(2).add(gb.mul(10)),
      jvp: (_ctx, t) => ({ b: (t as Tensor).mul(10), a: null }),
    });
    expect(values(jvp(g, [x], [ones([2])])[1])).toEqual([
      [0, 0],
      [10, 10],
    ]);
  });

  test('branches and steps return the same', () => {
    const choose = (p: Tensor): Pair =>
      cond(
        p.sum().gt(0),
        (q: Tensor): Pair => ({ a: q, b: q.mul(2) }),
        (q): Pair => ({ b: q.mul(2), a: q }),
        p,
      );
    const owed = [
      [1, 2],
      [2, 4],
    ];
    expect(values(compile(choose)(x))).toEqual(owed);
    const branches = [
      (q: Tensor): [Pair] => [{ a: q, b: q.mul(2) }],
      (q: Tensor): [Pair] => [{ b: q.mul(2), a: q }],
    ];
    const each = vmap((k: Tensor, q: Tensor) => switchCase(k, branches, q))(
      tensor([0, 1]).cast('int32'),
      x,
    );
    expect(values(each[0])).toEqual(owed);
    const [end] = scan(
      (c: Pair, e: Tensor) => [{ b: c.b.add(e), a: c.a.mul(e) }, null],
      { a: tensor(1), b: tensor(0) },
      x,
    );
    expect(values(end)).toEqual([2, 3]);
    const last = whileLoop(
      ({ a }) => a.lt(8),
      ({ a, b }) => ({ b: b.add(1), a: a.mul(2) }),
      { a: tensor(1), b: tensor(0) },
    );
    expect(values(last)).toEqual([8, 3]);
    const running = associativeScan((p: Pair, q: Pair) => ({ b: p.b.add(q.b), a: p.a.mul(q.a) }), {
      a: x,
      b: y,
    });
    expect(values(running)).toEqual([
      [1, 2],
      [3, 7],
    ]);
  });

  test('so do converted functions and callbacks', () => {
    const [f] = closureConvert(weighed, { a: x, b: y });
    expect(f([{ b: y, a: x }], []).toArray()).toEqual([32, 44]);
    const like = { a: zeros([2]), b: zeros([2]) };
    expect(values(pureCallback((p) => ({ b: p.mul(2), a: p }), like, x))).toEqual([
      [1, 2],
      [2, 4],
    ]);
  });
});

test('other keys, and other structures of as many tensors, are refused', () => {
  const [, pullback] = vjp((p: Tensor): Pair => ({ a: p, b: p }), x);
  const pull = pullback as (ct: unknown) => unknown;
  const refused = (ct: unknown, message: string): void => {
    expect(() => pull(ct)).toThrow(GradError);
    expect(() => pull(ct)).toThrow(message);
  };
  refused([x, y], 'the cotangent must have the structure of the value, { a: *, b: * }; got [*, *]');
  refused({ a: x, c: y }, "there is a cotangent 'c', but no such part of the value");
  refused({ a: x }, 'vjp: the cotangent.b must be a tensor; got nothing');
  refused(undefined, 'must have the structure of the value');
  refused(null, 'must have the structure of the value');
});
