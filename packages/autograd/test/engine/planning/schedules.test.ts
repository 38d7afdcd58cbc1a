/** @file The schedules of five small networks' training steps, printed: a change of the planner shows as a diff. */
import { expect, test } from 'vitest';
import {
  cell,
  evaluate,
  noGrad,
  Parameter,
  randn,
  softmax,
  zeros,
  type Tensor,
} from '../../../src/index.js';
import { kernelsOf, programsOf } from './planning.js';

/** One step of gradient descent with momentum, as an optimizer takes it. */
function descend(loss: Tensor, parameters: readonly Parameter[]): void {
  loss.backward();
  noGrad(() => {
    for (const p of parameters) {
      const momentum = cell(p.mul(0));
      momentum.assign(momentum.mul(0.9).add(p.grad as Tensor));
      p.assign(p.sub(momentum.mul(0.1)));
    }
  });
  evaluate(...parameters);
}

const parameter = (...shape: number[]): Parameter => new Parameter(randn(shape));

/** The kernels of the last programs of a step, whose parameters have their first values. */
function stepOf(loss: () => Tensor, parameters: readonly Parameter[]): string {
  evaluate(...parameters);
  return programsOf(() => descend(loss(), parameters))
    .map(({ why, program }) => `${why}:\n${kernelsOf(program)}`)
    .join('\n');
}

test('a perceptron of two layers', () => {
  const x = randn([32, 20]);
  const y = randn([32, 3]);
  const [w1, b1, w2, b2] = [
    parameter(16, 20),
    parameter(16),
    parameter(3, 16),
    parameter(3),
  ] as const;
  evaluate(x, y);
  const loss = (): Tensor =>
    x.matmul(w1.t()).add(b1).tanh().matmul(w2.t()).add(b2).sub(y).square().mean();
  expect(stepOf(loss, [w1, b1, w2, b2])).toMatchInlineSnapshot(`
    "backward:
    matmul 32×16×20 → %3
    loop [32, 16]: add tanh tanhDerivative → %6 %28
    matmul 32×3×16 → %9
    loop []: reciprocal → %18
    loop [3] over [32]: add sub square mul strongMul sum → %14 %23 %24
    loop [] over [96]: sum div → %17
    matmul 16×3×32 → %25
    matmul 32×16×3 → %27
    loop [16] over [32]: strongMul sum → %29 %30
    matmul 20×16×32 → %31
    loop [3, 16]: copy → %33
    loop [16, 20]: copy → %34
    initial values:
    loop [16, 20]: mul → %2
    loop [16]: mul → %4
    loop [3, 16]: mul → %6
    loop [3]: mul → %8
    evaluate:
    loop [16, 20]: mul add mul sub → %5 %8
    loop [16]: mul add mul sub → %14 %17
    loop [3, 16]: mul add mul sub → %23 %26
    loop [3]: mul add mul sub → %32 %35"
  `);
});

test('a softmax with its cross-entropy', () => {
  const x = parameter(64, 10);
  const y = softmax(randn([64, 10]), 1);
  evaluate(y);
  const loss = (): Tensor => softmax(x, 1).log().mul(y).sum(1).neg().mean();
  expect(stepOf(loss, [x])).toMatchInlineSnapshot(`
    "backward:
    loop []: reciprocal → %17
    loop [64]: neg → %20
    loop [64] over [10]: max sub exp sum reciprocal mul log mul sum neg gt reciprocal where sum strongMul strongMul mul strongProduct where sum sub sum sub where strongProduct → %11 %37
    loop [] over [64]: sum div → %14
    initial values:
    loop [64, 10]: mul → %2
    evaluate:
    loop [64, 10]: mul add mul sub → %5 %8"
  `);
});

test('a layer norm with scale and shift', () => {
  const x = parameter(32, 48);
  const [scale, shift] = [parameter(48), parameter(48)];
  const loss = (): Tensor => x.layerNorm([48], scale, shift).square().sum();
  expect(stepOf(loss, [x, scale, shift])).toMatchInlineSnapshot(`
    "backward:
    loop [32] over [48]: sum div sub mul sum div add rsqrt mul mul add square mul mul add div → %4 %11 %12 %17 %20 %33
    loop [] over [1536]: sum → %18
    loop [48] over [32]: sum strongMul sum strongMul strongMul strongMul → %21 %23 %25 %26
    loop [32] over [48]: sum strongMul → %34
    loop []: reciprocal → %35
    loop [32]: strongMul → %36
    loop [32] over [48]: strongMul add add neg sum → %40 %42
    loop []: reciprocal → %44
    loop [32]: strongMul → %45
    loop [32, 48]: add → %47
    initial values:
    loop [32, 48]: mul → %2
    loop [48]: mul → %4
    loop [48]: mul → %6
    evaluate:
    loop [32, 48]: mul add mul sub → %5 %8
    loop [48]: mul add mul sub → %14 %17
    loop [48]: mul add mul sub → %23 %26"
  `);
});

test('a convolution with pooling', () => {
  const x = randn([2, 3, 8, 8]);
  const [w, b] = [parameter(4, 3, 3, 3), parameter(4)];
  evaluate(x);
  const loss = (): Tensor => x.conv2d(w, b, { padding: 1 }).relu().maxPool2d(2).mean();
  expect(stepOf(loss, [w, b])).toMatchInlineSnapshot(`
    "backward:
    conv conv → %2
    loop [2, 4, 8, 8]: add relu le → %6 %16
    pool windowArgmax → %8
    index gather → %10
    loop [] over [2, 64]: sum div → %14
    loop []: reciprocal → %18
    loop [2, 4, 16]: copy → %29
    index scatterAdd → %22
    loop [4] over [2, 64]: where sum → %24 %25
    conv convWeight → %28
    initial values:
    loop [4, 3, 3, 3]: mul → %2
    loop [4]: mul → %4
    evaluate:
    loop [4, 3, 3, 3]: mul add mul sub → %5 %8
    loop [4]: mul add mul sub → %14 %17"
  `);
});

test('two steps of an LSTM', () => {
  const xs = [randn([4, 6]), randn([4, 6])];
  const [wx, wh, b] = [parameter(20, 6), parameter(20, 5), parameter(20)];
  evaluate(...xs);
  const loss = (): Tensor => {
    let h: Tensor = zeros([4, 5]);
    let c: Tensor = h;
    for (const x of xs) {
      const gates = x.matmul(wx.t()).add(h.matmul(wh.t())).add(b);
      const [i, f, g, o] = [0, 1, 2, 3].map((k) => gates.narrow(1, 5 * k, 5)) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
      h = o.sigmoid().mul(c.tanh());
    }
    return h.square().sum();
  };
  expect(stepOf(loss, [wx, wh, b])).toMatchInlineSnapshot(`
    "backward:
    matmul 4×20×6 → %3
    matmul 4×20×6 → %5
    loop [4, 5]: copy → %95
    matmul 4×20×5 → %10
    loop [4, 20]: add add → %13
    loop [4, 5]: sigmoid sigmoid mul sigmoid tanh mul add tanh mul sigmoidDerivative sigmoidDerivative tanhDerivative sigmoidDerivative → %15 %20 %22 %24 %25 %26 %71 %74 %77 %80
    matmul 4×20×5 → %27
    loop [4, 20]: add add → %29
    loop [4, 5]: sigmoid sigmoid mul sigmoid tanh mul add tanh mul square mul strongMul tanhDerivative strongMul strongMul sigmoidDerivative strongMul strongMul sigmoidDerivative strongMul strongMul tanhDerivative strongMul strongMul sigmoidDerivative strongMul strongMul tanhDerivative → %43 %52 %55 %58 %61 %64 %67
    loop [] over [20]: sum → %44
    loop [4, 5]: concat → %62
    loop [4, 5]: concat → %62
    loop [4, 5]: concat → %62
    loop [4, 5]: concat → %62
    matmul 4×5×20 → %65
    loop [4, 5]: strongMul strongMul add strongMul strongMul strongMul strongMul strongMul strongMul strongMul strongMul → %72 %75 %78 %81
    loop [4, 5]: concat → %82
    loop [4, 5]: concat → %82
    loop [4, 5]: concat → %82
    loop [4, 5]: concat → %82
    loop [20] over [4]: sum sum add → %84
    matmul 5×20×4 → %85
    matmul 5×20×4 → %87
    loop [20, 5]: add → %89
    matmul 6×20×4 → %90
    matmul 6×20×4 → %92
    loop [20, 6]: add → %94
    initial values:
    loop [20, 6]: mul → %2
    loop [20, 5]: mul → %4
    loop [20]: mul → %6
    evaluate:
    loop [20, 6]: mul add mul sub → %5 %8
    loop [20, 5]: mul add mul sub → %14 %17
    loop [20]: mul add mul sub → %23 %26"
  `);
});
