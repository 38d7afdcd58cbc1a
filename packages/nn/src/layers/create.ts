/** @file Creates parameters with PyTorch's initial values. */
import {
  type DType,
  Parameter,
  ones,
  rand,
  zeros,
  type Literal,
  type Shape,
} from '@chainrule/autograd';

/** Options of every layer with parameters. */
export interface ParameterOptions {
  /** The dtype of the parameters. Default float32. */
  readonly dtype?: DType;
}

/** A parameter drawn uniformly from ±bound. */
export function uniformParameter<const S extends Shape>(
  shape: S,
  bound: number,
  dtype: DType = 'float32',
): Parameter<Literal<S>> {
  return new Parameter(
    rand(shape, { dtype })
      .mul(2 * bound)
      .sub(bound),
  );
}

export function zerosParameter(shape: Shape, dtype: DType = 'float32'): Parameter {
  return new Parameter(zeros(shape, { dtype }));
}

export function onesParameter(shape: Shape, dtype: DType = 'float32'): Parameter {
  return new Parameter(ones(shape, { dtype }));
}
