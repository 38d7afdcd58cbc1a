import { describe, expect, it } from 'vitest';
import {
  assertBetween,
  checkpoint,
  compile,
  grad,
  tensor,
  vmap,
  type Tensor,
} from '../../index.js';

/** A tensor whose value is known only once it is computed. */
const later = (x: number | number[], dtype: 'float32' | 'float64' | 'int32'): Tensor =>
  tensor(x, { dtype }).mul(tensor(2, { dtype }));

describe.each(['float32', 'float64', 'int32'] as const)('assertBetween of %s', (dtype) => {
  const check = (x: Tensor): Tensor => assertBetween(x, 0, 3, 'a share');

  it.each([
    ['a number', 2],
    ['one element', [2]],
    ['several', [2, 1, 0]],
  ] as const)('refuses %s', (_name, value) => {
    const x = [...[value].flat()];
    const given = typeof value === 'number' ? value : x;
    const message = 'a share must be from 0 to 3, but element 0 is 4';
    expect(() => check(tensor(given, { dtype }).mul(2))).not.toThrow();
    expect(() => check(later(given, dtype)).dataSync()).toThrow(message);
    expect(() => check(later(given, dtype)).add(1).sum().item()).toThrow(message);
    expect(() => compile(check)(tensor(x, { dtype }).mul(2)).dataSync()).toThrow(message);
    expect(() => checkpoint(check, later(given, dtype)).dataSync()).toThrow(message);
    expect(() => vmap(check)(later(x, dtype)).dataSync()).toThrow(message);
    expect(check(later(1, dtype)).item()).toBe(2);
  });

  it('refuses NaN, and lets derivatives through', () => {
    if (dtype === 'int32') return;
    expect(() => check(later(NaN, dtype)).item()).toThrow('element 0 is NaN');
    const x = tensor(0.5, { dtype });
    expect(grad((y: Tensor) => check(y.mul(2)).square())(x).item()).toBe(4);
    expect(() => grad((y: Tensor) => check(y.mul(9)).square())(x).item()).toThrow(
      'element 0 is 4.5',
    );
  });
});
