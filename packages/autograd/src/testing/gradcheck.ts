/** @file `gradcheck`: reverse mode, forward mode and central differences must agree. */
import { checkArgument, defineOptions, type OptionsReader } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { GradError, ShapeError } from '../errors.js';
import { show, type Shape } from '../graph/shape.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { vjp } from '../transforms/functional.js';
import { jvp } from '../transforms/jvp.js';
import {
  checkedFunction,
  differenceAlong,
  differenceGradient,
  type Checked,
} from './differences.js';

/** Options of `gradcheck`, `gradgradcheck` and `checkFunction`. */
export interface GradcheckOptions {
  /** The step of the differences, multiplied by the magnitude of an element above 1. Default 1e-6. */
  readonly eps?: number;
  /** The absolute tolerance. Default 1e-5. */
  readonly atol?: number;
  /** The tolerance relative to the numerical derivative. Default 1e-3. */
  readonly rtol?: number;
}

/** Reads the options of `gradcheck`. */
export const gradcheckOptions: OptionsReader<GradcheckOptions> = defineOptions<GradcheckOptions>({
  eps: kinds.positive,
  atol: kinds.nonNegative,
  rtol: kinds.nonNegative,
});

/** Options of `gradgradcheck`. */
export interface GradgradcheckOptions extends GradcheckOptions {
  /** The gradients of the results, in their order, in whose direction `f` is differentiated. Default fixed numbers. */
  readonly gradOutputs?: Tensor | readonly Tensor[];
}

const gradgradcheckOptions = defineOptions<GradgradcheckOptions>({
  eps: kinds.positive,
  atol: kinds.nonNegative,
  rtol: kinds.nonNegative,
  gradOutputs: kinds.oneOrMore(kinds.tensor),
});

/**
 * Checks the derivatives of `f` at `inputs`: gradients by reverse mode and tangents by forward mode against central
 * differences, and against each other. Everything is computed in float64, whatever the inputs are.
 *
 * `f` takes the inputs, one tensor or a list, and returns a tensor or a tree of tensors. It checks the inputs that
 * require grad, or all float inputs if none does. Results are weighted with fixed pseudo-random numbers, so that a
 * wrong entry anywhere in the Jacobian shows. Inputs should keep away from kinks. Returns true. PyTorch:
 * `torch.autograd.gradcheck` with its defaults.
 *
 * @throws {GradError} naming the input, the index in it and the two numbers that differ.
 * @example gradcheck((x) => x.sin().mul(x), tensor([0.3, 1.2]))
 */
export function gradcheck(
  f: (...inputs: never[]) => unknown,
  inputs: Tensor | readonly unknown[],
  options?: GradcheckOptions,
): true {
  checkArgument('gradcheck', 'f', f, kinds.callable);
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = gradcheckOptions('gradcheck', options);
  const checked = checkedFunction(f, kinds.isArray(inputs) ? inputs : [inputs]);
  if (checked.inputs.length === 0)
    throw new GradError('gradcheck: there is no float tensor among the inputs');
  checkFunction('gradcheck', checked, { eps, atol, rtol });
  return true;
}

/**
 * Checks second derivatives: `gradcheck` of the gradient of `f`, with respect to the inputs and the gradient of the
 * result: `gradOutputs`, or fixed numbers. PyTorch: `torch.autograd.gradgradcheck`.
 * @throws {GradError} naming what is wrong. @throws {ShapeError} for `gradOutputs` that do not fit the results.
 * @example gradgradcheck((x) => x.sin().mul(x), tensor([0.3, 1.2]), { gradOutputs: tensor([1, -2]) })
 */
export function gradgradcheck(
  f: (...inputs: never[]) => unknown,
  inputs: Tensor | readonly unknown[],
  options?: GradgradcheckOptions,
): true {
  checkArgument('gradgradcheck', 'f', f, kinds.callable);
  const given = gradgradcheckOptions('gradgradcheck', options);
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, gradOutputs: cts } = given;
  const checked = checkedFunction(f, kinds.isArray(inputs) ? inputs : [inputs]);
  const list = cts === undefined || kinds.isArray(cts) ? cts : [cts];
  checkFunction('gradgradcheck', gradientOf(checked, list), { eps, atol, rtol });
  return true;
}

/** (x…, ct…) ↦ the gradients of ⟨ct, f(x)⟩ with respect to x. */
export function gradientOf({ inputs, apply }: Checked, given?: readonly Tensor[]): Checked {
  const outputs = apply(inputs);
  const n = inputs.length;
  const shapes = (list: readonly Tensor[]): string => list.map((y) => show(y.sizes)).join(', ');
  if (given !== undefined && shapes(given) !== shapes(outputs)) {
    throw new ShapeError(
      `gradgradcheck: gradOutputs must have the shapes of the float results, ${shapes(outputs)}; got ${shapes(given)}`,
    );
  }
  const cts = outputs.map((y, k) => {
    const ct = given?.[k];
    return leaf(
      ct === undefined ? weights(y.size, 11 + k) : Float64Array.from(ct.dataSync()),
      y.sizes,
    );
  });
  return {
    inputs: [...inputs, ...cts],
    apply: (given) => {
      const [, pullback] = vjp((xs: Tensor[]) => apply(xs), given.slice(0, n));
      return pullback(given.slice(n));
    },
  };
}

/** Compares the three ways to differentiate; throws at the first difference. */
export function checkFunction(
  name: string,
  checked: Checked,
  options: Required<GradcheckOptions>,
): void {
  const { inputs, apply } = checked;
  const { eps } = options;
  const outputs = apply(inputs);
  const cts = outputs.map((y, k) => weights(y.size, 3 + k));
  const tangents = inputs.map((x, k) => weights(x.size, 7 + k));
  const seeds = outputs.map((y, k) => leaf(cts[k] as Float64Array, y.sizes, y.dtype));
  const gradients = vjp((xs: Tensor[]) => apply(xs), inputs.slice())[1](seeds);

  inputs.forEach((x, k) => {
    const numeric = differenceGradient(checked, cts, k, eps);
    const analytic = (gradients[k] as Tensor).dataSync();
    compare(`${name}: reverse mode`, `input ${k}`, x.sizes, analytic, numeric, options);
  });

  const directions = tangents.map((t, k) => leaf(t, (inputs[k] as Tensor).sizes));
  const [, forward] = jvp((...xs: Tensor[]) => apply(xs), inputs.slice(), directions) as [
    unknown,
    Tensor[],
  ];
  const numeric = differenceAlong(checked, tangents, eps);
  forward.forEach((t, k) => {
    compare(
      `${name}: forward mode`,
      `result ${k}`,
      (outputs[k] as Tensor).sizes,
      t.dataSync(),
      numeric[k] as Float64Array,
      options,
    );
  });

  // ⟨ct, J t⟩ = ⟨Jᵀ ct, t⟩, which holds up to rounding.
  const left = dot(forward, cts);
  const right = dot(gradients, tangents);
  const scale = dot(forward, cts, Math.abs) + dot(gradients, tangents, Math.abs) + 1e-300;
  if (Math.abs(left - right) > 1e-8 * scale) {
    throw new GradError(
      `${name}: forward and reverse mode differ: ⟨ct, J t⟩ = ${left}, ⟨Jᵀ ct, t⟩ = ${right}`,
    );
  }
}

function compare(
  what: string,
  where: string,
  shape: Shape,
  analytic: ArrayLike<number>,
  numeric: ArrayLike<number>,
  { atol, rtol }: Required<GradcheckOptions>,
): void {
  for (let i = 0; i < numeric.length; i++) {
    const [a, n] = [analytic[i] as number, numeric[i] as number];
    if (Math.abs(a - n) <= atol + rtol * Math.abs(n) || Object.is(a, n)) continue;
    throw new GradError(
      `${what} is wrong at index ${show(indexOf(i, shape))} of ${where}, of shape ${show(shape)}: analytic ${a}, ` +
        `central differences ${n}`,
    );
  }
}

/** The index of element `i` in row-major order. */
export function indexOf(i: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length);
  let rest = i;
  for (let d = shape.length - 1; d >= 0; d--) {
    const n = shape[d] as number;
    index[d] = rest % n;
    rest = Math.floor(rest / n);
  }
  return index;
}

/** Fixed numbers of either sign between 0.5 and 1.5 in size, which float32 holds exactly. */
export function weights(n: number, seed: number): Float64Array {
  let state = (seed * 2654435761) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  return Float64Array.from({ length: n }, () =>
    Math.fround((next() < 0.5 ? -1 : 1) * (0.5 + next())),
  );
}

function leaf(data: Float64Array, shape: Shape, dtype: Tensor['dtype'] = 'float64'): Tensor {
  return makeLeaf(dtype === 'float32' ? Float32Array.from(data) : data, shape, dtype);
}

function dot(
  xs: readonly Tensor[],
  ys: readonly Float64Array[],
  f = (x: number): number => x,
): number {
  let sum = 0;
  xs.forEach((x, k) => {
    const data = x.dataSync();
    const y = ys[k] as Float64Array;
    for (let i = 0; i < data.length; i++) sum += f((data[i] as number) * (y[i] as number));
  });
  return sum;
}
