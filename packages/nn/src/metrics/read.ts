/** @file Reads the inputs of metrics: tensors or arrays of numbers, checked against each other. */
import {
  checkArgument,
  IndexError,
  kinds,
  plural,
  ShapeError,
  type Tensor,
} from '@chainrule/autograd';

/** Predictions or targets: a tensor, or numbers in an array. */
export type Numbers = Tensor | readonly number[] | Float32Array | Float64Array | Int32Array;

/** The weights of examples. */
export interface WeightOptions {
  /** One number ≥ 0 for each example. Default 1. scikit-learn: `sample_weight`. */
  readonly weight?: Numbers;
}

export interface Values {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

const NUMBERS = kinds.either(
  kinds.either(kinds.tensor, kinds.listOf(kinds.number)),
  kinds.kind<Float32Array>(
    'be a typed array of numbers',
    (x) =>
      ArrayBuffer.isView(x) && typeof (x as { [0]?: unknown })[0] !== 'bigint' && 'length' in x,
  ),
);

/** The values of a tensor, or of an array as a vector. */
export function valuesOf(op: string, what: string, x: Numbers): Values {
  checkArgument(op, what, x, NUMBERS);
  return kinds.tensor.test(x)
    ? { data: x.dataSync(), shape: x.shape }
    : { data: x, shape: [x.length] };
}

/** Two operands of the same shape. */
export function pair(op: string, prediction: Numbers, target: Numbers): [Values, Values] {
  const [p, t] = [valuesOf(op, 'prediction', prediction), valuesOf(op, 'target', target)];
  if (p.shape.length !== t.shape.length || p.shape.some((n, i) => n !== t.shape[i])) {
    throw new ShapeError(
      `${op}: prediction [${p.shape.join(', ')}] and target [${t.shape.join(', ')}] must have the same shape`,
    );
  }
  return [p, t];
}

/** One weight for each example. */
export function weightsOf(
  op: string,
  weight: Numbers | undefined,
  count: number,
): ArrayLike<number> {
  if (weight === undefined) return new Float64Array(count).fill(1);
  const { data } = valuesOf(op, 'weight', weight);
  if (data.length !== count)
    throw new ShapeError(
      `${op}: got ${plural(data.length, 'weight')} for ${plural(count, 'example')}`,
    );
  for (let i = 0; i < count; i++) {
    if (!(data[i]! >= 0 && data[i]! < Infinity))
      throw new IndexError(`${op}: weight ${i} must be a finite number ≥ 0, got ${data[i]}`);
  }
  return data;
}

/** Checks a class label: a whole number from 0 on. */
export function checkLabel(
  op: string,
  what: string,
  label: number,
  at: number,
  classes: number,
): void {
  if (Number.isInteger(label) && label >= 0 && label < classes) return;
  throw new IndexError(
    `${op}: ${what} ${at} is ${label}; labels are whole numbers from 0 to ${classes === Infinity ? 'the number of classes' : classes - 1}`,
  );
}
