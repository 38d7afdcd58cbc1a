/** @file Operations whose elements depend on all earlier elements along a dimension: `CumSum`, and the others as a `Scan`. */
import type { DType } from '@chainrule/autograd';
import type { OperationAttributes, OperationNode } from '@chainrule/autograd/graph';
import { numeric, type Recorded } from './rule.js';
import { Formula } from '../elements.js';
import type { ValueInfoProto } from '../../schema/protos.js';
import type { Emitter } from '../emitter.js';
import { CODE } from '../encoded.js';
import { counted } from './indexing.js';
import { isFixed, type Size } from '../sizes.js';

type Step = (k: Formula, before: readonly string[], at: readonly string[]) => string[];

interface Along {
  readonly node: OperationNode;
  readonly dim: number;
  readonly reverse: boolean;
  /** The values carried into the first step, with their dtypes. */
  readonly initial: readonly { readonly value: number; readonly dtype: DType }[];
  /** The values whose elements the steps read. */
  readonly sequences: readonly { readonly name: string; readonly dtype: DType }[];
}

/** A `Scan` along `dim`; returns the last output of the step, which is the result. */
function scanned(
  e: Emitter,
  { node, dim: axis, reverse, initial, sequences }: Along,
  step: Step,
): string {
  const sizes = e.shape(node).filter((_, d) => d !== axis);
  const shape = e.sizes(sizes, node);
  const states = initial.map(({ value, dtype }) =>
    e.node('Expand', [e.number(value, dtype), shape]),
  );
  const dim = sizes.map((size) => (isFixed(size) ? { value: size[0] as number } : {}));
  const typed = (name: string, dtype: DType): ValueInfoProto & { name: string } => ({
    name,
    type: { tensor: { elementType: CODE[dtype], shape: { dim } } },
  });
  const graph = e.graph('step', () => {
    const before = initial.map(({ dtype }) => typed(e.fresh('state'), dtype));
    const at = sequences.map(({ dtype }) => typed(e.fresh('element'), dtype));
    const next = step(
      new Formula(e, node),
      before.map(({ name }) => name),
      at.map(({ name }) => name),
    );
    const output = next.map((name, i) =>
      typed(e.rename(name, e.fresh('next')), initial[i]?.dtype ?? node.dtype),
    );
    const last = typed(e.rename(next.at(-1) as string, e.fresh('result')), node.dtype);
    return { input: [...before, ...at], output: [...output, last] };
  });
  const results = e.outputs(
    'Scan',
    [...states, ...sequences.map(({ name }) => name)],
    initial.length + 1,
    {
      body: { graph },
      num_scan_inputs: sequences.length,
      scan_input_axes: sequences.map(() => axis),
      scan_input_directions: sequences.map(() => (reverse ? 1 : 0)),
      scan_output_axes: [axis],
      scan_output_directions: [reverse ? 1 : 0],
    },
  );
  return results.at(-1) as string;
}

export function cumsum(
  e: Emitter,
  { node, inputs, attributes: { dim, reverse } }: Recorded<'cumsum'>,
): string {
  return e.node('CumSum', [numeric(e, node, inputs), e.number(dim, 'int32')], {
    reverse: reverse ? 1 : 0,
  });
}

/** A running value of one input. */
function running<K extends 'cumprod' | 'logcumsumexp'>(
  first: number,
  step: (k: Formula, before: string, x: string) => string,
) {
  return (e: Emitter, { node, inputs, attributes }: Recorded<K>): string => {
    const { dim, reverse = false } = attributes as OperationAttributes[K] & { reverse?: boolean };
    const { dtype } = node;
    const name =
      node.inputs[0]?.dtype === dtype
        ? (inputs[0] as string)
        : e.node('Cast', inputs, { to: CODE[dtype] });
    const along = {
      node,
      dim,
      reverse,
      initial: [{ value: first, dtype }],
      sequences: [{ name, dtype }],
    };
    return scanned(e, along, (k, [before = ''], [x = '']) => [step(k, before, x)]);
  };
}

export const cumprod = running<'cumprod'>(1, (k, before, x) => k.of('Mul', before, x));

/** `m + log(e^(a − m) + e^(b − m))`, where m is the larger of a and b; −∞ if both are −∞. */
export const logcumsumexp = running<'logcumsumexp'>(-Infinity, (k, before, x) => {
  const most = k.of('Max', before, x);
  const apart = k.of('Abs', k.of('Sub', before, x));
  const sum = k.of('Add', most, k.of('Log', k.of('Add', k.of('Exp', k.of('Neg', apart)), 1)));
  return k.of('Where', k.of('IsInf', most), most, sum);
});

/** `h = a h + b`, where the product is 0 if h is 0. */
export function linearRecurrence(
  e: Emitter,
  { node, inputs, attributes: { dim, reverse } }: Recorded<'linearRecurrence'>,
): string {
  const { dtype } = node;
  const sequences = inputs.map((name) => ({ name, dtype }));
  return scanned(
    e,
    { node, dim, reverse, initial: [{ value: 0, dtype }], sequences },
    (k, [h = ''], [a = '', b = '']) => {
      const product = k.of('Where', k.of('Equal', h, 0), 0, k.of('Mul', a, h));
      return [k.of('Add', product, b)];
    },
  );
}

/** The best element so far, and its index: the last of equal ones; a NaN stays. */
export function cumulativeExtreme(
  e: Emitter,
  { node, inputs, attributes: { dim, sign } }: Recorded<'cumulativeExtreme'>,
): string {
  const given = node.inputs[0]?.dtype ?? 'float32';
  const dtype = given === 'bool' ? 'int32' : given;
  const x = numeric(e, node, inputs);
  const isFloat = dtype === 'float32' || dtype === 'float64';
  const least = isFloat ? -sign * Infinity : sign > 0 ? -(2 ** 31) : 2 ** 31 - 1;
  const spread = node.shape.map((_, d) => (d === dim ? -1 : 1));
  const places = e.node('Expand', [
    e.node('Reshape', [counted(e, node, e.shape(node)[dim] as Size), e.ints(spread)]),
    e.sizes(e.shape(node), node),
  ]);
  return scanned(
    e,
    {
      node,
      dim,
      reverse: false,
      initial: [
        { value: least, dtype },
        { value: 0, dtype: 'int32' },
      ],
      sequences: [
        { name: x, dtype },
        { name: places, dtype: 'int32' },
      ],
    },
    (k, [best = '', place = ''], [y = '', i = '']) => {
      const better = k.of(sign > 0 ? 'GreaterOrEqual' : 'LessOrEqual', y, best);
      const taken = isFloat
        ? k.of('Or', k.of('IsNaN', y), k.of('And', better, k.of('Not', k.of('IsNaN', best))))
        : better;
      return [k.of('Where', taken, y, best), k.of('Where', taken, i, place)];
    },
  );
}
