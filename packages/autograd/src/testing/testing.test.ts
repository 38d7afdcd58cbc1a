/** @file The checks must pass correct gradients, and fail wrong ones with the numbers. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  customGrad,
  gradcheck,
  gradgradcheck,
  jvp,
  tensor,
  vjp,
  vmap,
  GradError,
  type Tensor,
} from '@chainrule/autograd';
import {
  arbBroadcastable,
  arbExpression,
  arbShape,
  arbTensor,
  checkGradients,
} from '@chainrule/autograd/testing';

/** x² with the derivative 3 g where it should be 2 x g. */
const wrong = customGrad({
  name: 'wrong',
  forward: (_ctx, x: Tensor) => x.mul(x),
  backward: (_ctx, g) => g.mul(3),
});

describe('gradcheck', () => {
  it('passes correct gradients, also of float32 inputs', () => {
    expect(gradcheck((x: Tensor) => x.sin().mul(x), tensor([0.3, 1.2]))).toBe(true);
    expect(
      gradgradcheck(
        (x: Tensor, y: Tensor) => x.mul(y).tanh(),
        [tensor([0.3, 1.2]), tensor([[2], [-1]])],
      ),
    ).toBe(true);
  });

  it('names the input, the index and the numbers', () => {
    expect(() => gradcheck(wrong, tensor([[0.5, 1.5, 2]]))).toThrow(
      /reverse mode is wrong at index \[0, 0\] of input 0, of shape \[1, 3\]: analytic -?\d.*central differences -?\d/,
    );
  });

  it('checks the inputs that require grad, if any does', () => {
    const f = (x: Tensor, y: Tensor): Tensor => wrong(x).add(y.square());
    const y = tensor([2], { requiresGrad: true });
    expect(gradcheck(f, [tensor([1]), y])).toBe(true);
    expect(() => gradcheck(f, [tensor([1]), tensor([2])])).toThrow('input 0');
  });

  it('finds a wrong second derivative behind a correct first', () => {
    const cube = customGrad({
      forward: (ctx, x: Tensor) => {
        ctx.save(x.detach());
        return x.mul(x).mul(x);
      },
      backward: (ctx, g) => g.mul((ctx.saved[0] as Tensor).detach().square().mul(3)),
    });
    expect(gradcheck(cube, tensor([0.7]))).toBe(true);
    expect(() => gradgradcheck(cube, tensor([0.7]))).toThrow('gradgradcheck');
  });
});

describe('arbitraries', () => {
  it('keep to their options', () => {
    fc.assert(
      fc.property(arbShape({ minDims: 1, maxDims: 2, maxSize: 3 }), (shape) => {
        expect(shape.length).toBeGreaterThanOrEqual(1);
        expect(shape.every((n) => n >= 0 && n <= 3)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(arbTensor({ domain: [1, 2], away: [1.5], dtype: 'float32' }), (t) => {
        expect(t.dtype).toBe('float32');
        expect(t.dataSync().every((x) => x >= 1 && x <= 2 && Math.abs(x - 1.5) > 0.049)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(arbBroadcastable(3), (ts) => {
        expect(ts.reduce((x, y) => x.add(y)).ndim).toBe(Math.max(...ts.map((t) => t.ndim)));
      }),
    );
  });
});

describe('checkGradients', () => {
  it('passes a correct operation', () => {
    checkGradients((x) => x.sin().add(x.square()), arbTensor());
    checkGradients((x, y) => x.mul(y).sigmoid(), arbBroadcastable(2), { numRuns: 20 });
  });

  it('shrinks a failure to the smallest tensor', () => {
    let message = '';
    try {
      checkGradients((x) => wrong(x), arbTensor({ minSize: 1 }), { second: false, seed: 1 });
    } catch (error) {
      message =
        String((error as Error).message) +
        String((error as Error & { cause?: Error }).cause?.message ?? '');
    }
    expect(message).toMatch(/Counterexample: \[tensor\(-?\d[^[\]]*, shape=\[\], dtype=float64\)\]/); // a single number
    expect(message).toMatch(
      /index \[\] of input 0.*analytic -?[\d.]+(e-?\d+)?, central differences -?[\d.]+/s,
    );
  });
});

describe('random expressions', () => {
  it('have the derivatives of their values, in both modes and to second order', () => {
    fc.assert(
      fc.property(arbExpression({ steps: 6 }), ({ inputs, f }) => {
        gradcheck(f, inputs);
        gradgradcheck(f, inputs);
      }),
      { numRuns: 30 },
    );
  });

  it('are vectorized to what a loop computes', () => {
    fc.assert(
      fc.property(arbExpression(), ({ inputs, f }) => {
        const stacked = inputs.map((x) =>
          tensor([1, 0.5, -1], { dtype: 'float64' })
            .reshape([3, ...x.shape.map(() => 1)])
            .mul(x),
        );
        const many = vmap(f as never)(...(stacked as never[])) as Tensor;
        for (let i = 0; i < 3; i++) {
          const one = f(...stacked.map((x) => x.select(0, i)));
          const got = many.select(0, i).dataSync();
          one
            .dataSync()
            .forEach((v, k) =>
              expect(Math.abs((got[k] as number) - v)).toBeLessThanOrEqual(
                1e-12 * (1 + Math.abs(v)),
              ),
            );
        }
      }),
      { numRuns: 50 },
    );
  });

  it('have pullbacks and tangents that are transposes', () => {
    fc.assert(
      fc.property(arbExpression(), ({ inputs, f }) => {
        const [y, pullback] = vjp((xs: Tensor[]) => f(...xs), inputs);
        const [, t] = jvp(f, inputs, inputs);
        const back = pullback(y.detach());
        const left = t.mul(y).sum().item();
        const right = back.reduce(
          (s, g, k) =>
            s +
            g
              .mul(inputs[k] as Tensor)
              .sum()
              .item(),
          0,
        );
        expect(Math.abs(left - right)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(left)));
      }),
    );
  });
});

describe('gradOutputs', () => {
  // The gradient is passed on by a function whose own derivative is wrong for negative numbers.
  const passed = customGrad({
    name: 'passed',
    forward: (ctx, g: Tensor) => {
      ctx.save(g);
      return g.mul(1);
    },
    backward: (ctx, gg) => gg.mul((ctx.saved[0] as Tensor).sign()),
  });
  const square = customGrad({
    name: 'square',
    forward: (ctx, x: Tensor) => {
      ctx.save(x);
      return x.square();
    },
    backward: (ctx, g) => passed(g).mul((ctx.saved[0] as Tensor).mul(2)),
  });
  const f = (x: Tensor): Tensor => square(x).sum();

  it('is the direction of the first derivative', () => {
    expect(gradgradcheck(f, tensor([0.7]), { gradOutputs: tensor(1) })).toBe(true);
    expect(() => gradgradcheck(f, tensor([0.7]), { gradOutputs: [tensor(-1)] })).toThrow(GradError);
  });

  it('fits the results', () => {
    expect(() => gradgradcheck(f, tensor([0.7]), { gradOutputs: tensor([1, 2]) })).toThrow(
      'gradgradcheck: gradOutputs must have the shapes of the float results, []; got [2]',
    );
    expect(() => gradgradcheck(f, tensor([0.7]), { gradOutputs: 1 as never })).toThrow(
      'gradOutputs must',
    );
    expect(() => gradcheck(f, tensor([0.7]), { gradOutputs: tensor(1) } as never)).toThrow(
      'gradOutputs',
    );
  });
});
