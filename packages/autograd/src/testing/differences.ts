/** @file Central differences: the derivative of a function from its values alone, in float64. */
import { ChainruleError } from '../errors.js';
import { isFloat } from '../graph/dtype.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { flatten } from '../tree.js';
import { evaluate } from '../engine/evaluate.js';

/** Each input is an argument of the function, and a call takes at most some tens of thousands. */
const MAX_INPUTS = 10_000;

/** A function of tensors, whose other arguments are fixed. */
export interface Checked {
  /** The floats to differentiate with respect to, float64, without a graph. */
  readonly inputs: readonly Tensor[];
  /** The float results. */
  readonly apply: (inputs: readonly Tensor[]) => Tensor[];
}

/** `f` as a function of the floats among `args`, converted to float64; if any of them requires grad, only of those. */
export function checkedFunction(
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
): Checked {
  if (args.length > MAX_INPUTS) {
    throw new ChainruleError(
      `gradcheck: at most ${MAX_INPUTS} inputs can be given, got ${args.length}`,
    );
  }
  const { leaves, structure } = flatten(args);
  const some = leaves.some((t) => t.requiresGrad);
  const chosen = leaves.map((t) => isFloat(t.dtype) && (!some || t.requiresGrad));
  const fixed = leaves.map((t) => (isFloat(t.dtype) ? toFloat64(t) : t.detach()));
  const inputs = fixed.filter((_t, i) => chosen[i]);
  const apply = (given: readonly Tensor[]): Tensor[] => {
    let k = 0;
    const all = fixed.map((t, i) => (chosen[i] ? (given[k++] as Tensor) : t));
    return flatten(f(...(structure.rebuild(all) as never[]))).leaves.filter((y) =>
      isFloat(y.dtype),
    );
  };
  return { inputs, apply };
}

function toFloat64(t: Tensor): Tensor {
  return makeLeaf(Float64Array.from(t.dataSync()), t.sizes, 'float64');
}

/** ⟨ct, f(x)⟩ for each result, as numbers. */
function weigh(outputs: readonly Tensor[], cts: readonly Float64Array[]): number {
  evaluate(...outputs);
  let sum = 0;
  outputs.forEach((y, k) => {
    const data = y.dataSync();
    const ct = cts[k] as Float64Array;
    for (let i = 0; i < data.length; i++)
      if (ct[i] !== 0) sum += (ct[i] as number) * (data[i] as number);
  });
  return sum;
}

/** The gradient of ⟨ct, f(x)⟩ with respect to input `k`: (f(x + ε) − f(x − ε)) / 2ε, element by element. */
export function differenceGradient(
  { inputs, apply }: Checked,
  cts: readonly Float64Array[],
  k: number,
  eps: number,
): Float64Array {
  const x = inputs[k] as Tensor;
  const data = Float64Array.from(x.dataSync());
  const at = (i: number, value: number): number => {
    const moved = data.slice();
    moved[i] = value;
    const given = inputs.map((t, j) => (j === k ? makeLeaf(moved, x.sizes, 'float64') : t));
    return weigh(apply(given), cts);
  };
  return data.map((v, i) => {
    const h = eps * Math.max(1, Math.abs(v));
    const [up, down] = [v + h, v - h];
    return (at(i, up) - at(i, down)) / (up - down);
  });
}

/** The derivative of `f` along `tangents`, for each result: (f(x + εt) − f(x − εt)) / 2ε. */
export function differenceAlong(
  { inputs, apply }: Checked,
  tangents: readonly Float64Array[],
  eps: number,
): Float64Array[] {
  const moved = (sign: number): Float64Array[] => {
    const outputs = apply(
      inputs.map((x, k) => {
        const t = tangents[k] as Float64Array;
        const data = Float64Array.from(x.dataSync(), (v, i) => v + sign * eps * (t[i] as number));
        return makeLeaf(data, x.sizes, 'float64');
      }),
    );
    evaluate(...outputs);
    return outputs.map((y) => Float64Array.from(y.dataSync()));
  };
  const up = moved(1);
  const down = moved(-1);
  return up.map((u, k) => {
    const d = down[k] as Float64Array;
    return u.map((v, i) => (v - (d[i] as number)) / (2 * eps));
  });
}
