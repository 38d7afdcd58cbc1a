/** @file Large results in the backend's memory: their values stay, whatever is computed later. */
import { describe, expect, test } from 'vitest';
import {
  arange,
  cell,
  compile,
  evaluate,
  IndexError,
  memoryUsage,
  noGrad,
  Parameter,
  ones,
  tensor,
  type Tensor,
} from '../../src/index.js';
import { engine } from '../../src/engine/engine.js';

const SIDE = 512; // one MiB of float32: sixteen of them are all that is lent

/** A leaf of large values: `first`, `first + 1`, … */
const leaf = (first: number): Tensor =>
  tensor(
    Float32Array.from({ length: SIDE * SIDE }, (_, i) => first + i),
    { shape: [SIDE, SIDE] },
  );

/** Evaluates so many large results that none from before is left in place. */
function crowd(x: Tensor): void {
  for (let k = 0; k < 40; k++) evaluate(x.mul(k + 0.25));
}

function runs(f: () => void): number {
  let count = 0;
  const before = engine.onRun;
  engine.onRun = () => count++;
  f();
  engine.onRun = before;
  return count;
}

const first = (x: Tensor): number[] => Array.from(x.dataSync().subarray(0, 3));

describe('a large result that was evaluated', () => {
  test('is right when it is read at once, and later', () => {
    const x = leaf(1);
    const [y, z] = [x.add(1), x.mul(2)];
    evaluate(y, z);
    expect(first(y)).toEqual([2, 3, 4]);
    crowd(x);
    expect(first(y)).toEqual([2, 3, 4]);
    expect(first(z)).toEqual([2, 4, 6]);
  });

  test('is computed once, or once more after many others', () => {
    const x = leaf(1);
    const y = x.add(1);
    expect(runs(() => evaluate(y))).toBe(1);
    expect(runs(() => first(y))).toBe(0);
    crowd(x);
    expect(runs(() => first(y))).toBe(0); // it was read: it is its own
    const z = x.add(2);
    evaluate(z);
    crowd(x);
    expect(runs(() => first(z))).toBeLessThanOrEqual(1);
    expect(runs(() => first(z))).toBe(0);
  });

  test('does not follow a parameter that changes', () => {
    const w = new Parameter(leaf(1));
    const y = noGrad(() => w.mul(2));
    evaluate(y);
    for (let k = 0; k < 3; k++) noGrad(() => w.assign(w.add(1)));
    evaluate(w);
    crowd(leaf(5));
    expect(first(y)).toEqual([2, 4, 6]);
  });

  test('keeps what was made of it', () => {
    const x = leaf(1);
    const y = x.add(1);
    evaluate(y);
    const z = y.mul(10);
    crowd(x);
    expect(first(z)).toEqual([20, 30, 40]);
    expect(first(y)).toEqual([2, 3, 4]);
  });

  test('may become a cell, a leaf that requires grad, or part of a recording', () => {
    const x = leaf(1);
    const [a, b, c] = [x.add(1), x.add(2), x.add(3)] as const;
    evaluate(a, b, c);
    const kept = cell(a);
    const required = b.requiresGrad_();
    const recorded = compile((t: Tensor) => t.add(c).sum(0));
    const sum = recorded(x);
    crowd(x);
    expect(first(kept)).toEqual([2, 3, 4]);
    expect(first(required)).toEqual([3, 4, 5]);
    expect(recorded(x).at(0).item()).toBe(sum.at(0).item());
  });

  test('of a compiled function is right at once, and after many others', () => {
    const x = leaf(1);
    const f = compile((t: Tensor, k: number) => ({ y: t.mul(k).add(1), s: t.sum(0) }));
    f(x, 1);
    const [a, b] = [f(x, 2), f(leaf(10), 3)];
    expect(first(a.y)).toEqual([3, 5, 7]);
    for (let k = 0; k < 40; k++) f(leaf(k), k);
    crowd(x);
    expect(runs(() => expect(first(b.y)).toEqual([31, 34, 37]))).toBe(1); // computed once more
    expect(runs(() => expect(first(b.y)).toEqual([31, 34, 37]))).toBe(0);
    expect(first(a.y)).toEqual([3, 5, 7]);
    expect(b.y.needsGrad).toBe(false);
  });

  test('of a compiled function does not change with what the function reads at its next call', () => {
    const w = new Parameter(leaf(1));
    const x = leaf(0);
    const f = compile((t: Tensor) => t.add(w));
    const y = f(x);
    noGrad(() => w.assign(w.mul(10)));
    const z = f(x);
    for (let k = 0; k < 40; k++) f(x);
    expect(first(y)).toEqual([1, 3, 5]);
    expect(first(z)).toEqual([10, 21, 32]);
  });

  test('of a compiled function shares what that captured', () => {
    const w = leaf(5);
    const f = compile((t: Tensor) => t.mul(w));
    const y = f(leaf(1));
    expect(y.inputs.map((x) => x.value === w.value)).toEqual([false, true]);
    expect(first(y)).toEqual([5, 12, 21]);
  });

  test('of a compiled function goes into the next one', () => {
    const f = compile((t: Tensor) => t.mul(2));
    let x = leaf(1);
    for (let k = 0; k < 30; k++) x = f(x).sub(f(x).mul(0.5));
    expect(first(x)).toEqual([1, 2, 3]);
  });

  test('can be differentiated afterwards', () => {
    const x = leaf(1).requiresGrad_();
    const y = x.mul(x);
    evaluate(y);
    crowd(leaf(2));
    y.sum().backward();
    expect(first(x.grad as Tensor)).toEqual([2, 4, 6]);
  });

  test('leads a long chain without holding on to it', () => {
    let x: Tensor = ones([SIDE, SIDE]);
    const step = (): void => {
      x = x.add(1);
      evaluate(x);
    };
    for (let k = 0; k < 300; k++) step();
    expect(runs(step)).toBe(1);
    expect(first(x)).toEqual([302, 302, 302]);
  });

  test('takes no more memory than was agreed', () => {
    const x = arange(SIDE * SIDE, { dtype: 'float32' });
    evaluate(x);
    crowd(x);
    const { cells, reserved } = memoryUsage();
    for (let k = 0; k < 200; k++) evaluate(x.add(k));
    expect(memoryUsage()).toMatchObject({ cells, reserved });
  });

  test('is not lent beyond the room there is, however many are evaluated together', () => {
    const x = leaf(1);
    crowd(x);
    const { cells } = memoryUsage();
    const many = Array.from({ length: 64 }, (_, k) => x.add(k + 0.5));
    evaluate(...many);
    expect(memoryUsage().cells).toBeLessThanOrEqual(cells);
    many.forEach((y, k) => expect(first(y)[0]).toBe(k + 1.5));
  });

  test('of a run that fails is given back', () => {
    const x = leaf(1);
    crowd(x);
    const { cells } = memoryUsage();
    for (let k = 0; k < 40; k++) {
      const beyond = arange(3, { dtype: 'int32' }).add(SIDE);
      expect(() => evaluate(x.add(k + 0.5), x.indexSelect(0, beyond))).toThrow(IndexError);
    }
    crowd(x);
    expect(memoryUsage()).toMatchObject({ cells });
  });
});
