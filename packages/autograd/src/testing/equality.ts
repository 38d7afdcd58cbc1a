/** @file Equality of tensors for test runners, which would otherwise compare nodes of graphs. */
import { defineOptions, kinds } from '../arguments/index.js';
import { ChainruleError } from '../errors.js';
import { show } from '../graph/shape.js';
import { Tensor } from '../graph/tensor.js';

/** The tolerances, `|a − b| ≤ atol + rtol · |b|`. Both are 0 by default. */
export interface EqualityOptions {
  /** The tolerance relative to the expected value. Default 0. */
  readonly rtol?: number;
  /** The absolute tolerance. Default 0. */
  readonly atol?: number;
}

const equalityOptions = defineOptions<EqualityOptions>({
  rtol: kinds.nonNegative,
  atol: kinds.nonNegative,
});

/**
 * Whether two values are equal as tensors: same shape, dtype and elements (NaN equals NaN, 0 equals −0). Undefined if
 * neither is a tensor, so that a test runner applies its own rules. For Vitest and Jest.
 * @example expect.addEqualityTesters([tensorEquality]); // then expect(x).toEqual(y), also within objects
 */
export function tensorEquality(a: unknown, b: unknown): boolean | undefined {
  const [isA, isB] = [a instanceof Tensor, b instanceof Tensor];
  if (!isA && !isB) return undefined;
  return isA && isB && difference(a as Tensor, b as Tensor, {}) === null;
}

/**
 * Throws unless two tensors are equal, or close with `rtol` and `atol`: for `node:test`, whose `assert.deepEqual`
 * compares nodes of graphs. PyTorch: `torch.testing.assert_close`.
 * @throws {ChainruleError} that names the first difference.
 * @example assertTensorsEqual(model.forward(x), expected, { rtol: 1e-5 })
 */
export function assertTensorsEqual(
  actual: Tensor,
  expected: Tensor,
  options?: EqualityOptions,
): void {
  const given = equalityOptions('assertTensorsEqual', options);
  for (const x of [actual, expected] as unknown[])
    if (!(x instanceof Tensor))
      throw new ChainruleError('assertTensorsEqual: expected two tensors');
  const found = difference(actual, expected, given);
  if (found !== null) throw new ChainruleError(`assertTensorsEqual: ${found}`);
}

/** Describes the first difference. */
function difference(a: Tensor, b: Tensor, { rtol = 0, atol = 0 }: EqualityOptions): string | null {
  if (a.dtype !== b.dtype) return `the dtypes differ: ${a.dtype} and ${b.dtype}`;
  if (show(a.sizes) !== show(b.sizes))
    return `the shapes differ: ${show(a.sizes)} and ${show(b.sizes)}`;
  const [x, y] = [a.dataSync(), b.dataSync()];
  for (let i = 0; i < x.length; i++) {
    const [p, q] = [x[i] as number, y[i] as number];
    if (p === q || (Number.isNaN(p) && Number.isNaN(q))) continue;
    if (Math.abs(p - q) <= atol + rtol * Math.abs(q)) continue;
    return `element ${i} of shape ${show(a.sizes)} is ${p}, expected ${q}`;
  }
  return null;
}
