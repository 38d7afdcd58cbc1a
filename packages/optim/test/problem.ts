/** @file A small regression that all tests of optimizers share; fixtures/make.py has the same in PyTorch. */
import { matmul, Parameter, tanh, tensor, type Tensor } from '@chainrule/autograd';

const space = (from: number, to: number, n: number): number[] =>
  Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1));

function of(
  dtype: 'float32' | 'float64',
  values: readonly number[],
  shape: readonly number[],
): Tensor {
  return tensor(dtype === 'float32' ? Float32Array.from(values) : Float64Array.from(values), {
    shape,
  });
}

export interface Problem {
  readonly params: Parameter[];
  readonly loss: () => Tensor;
}

/** `mean((tanh(x·w) + b − y)²)`. */
export function problem(dtype: 'float32' | 'float64' = 'float64'): Problem {
  const x = of(
    dtype,
    space(-1, 1, 15).map((v) => 1.7 * Math.sin(v)),
    [5, 3],
  );
  const y = of(dtype, space(0, 2, 10).map(Math.cos), [5, 2]);
  const w = new Parameter(of(dtype, space(-0.5, 0.8, 6), [3, 2]));
  const b = new Parameter(of(dtype, [0.3, -0.2], [2]));
  return { params: [w, b], loss: () => tanh(matmul(x, w)).add(b).sub(y).square().mean() };
}
