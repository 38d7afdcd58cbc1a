/** @file New parameters, as PyTorch's layers start. */
import {
  type DType,
  Parameter,
  ones,
  rand,
  zeros,
  type Literal,
  type Shape,
} from '@chainrule/autograd';

/** What every layer with parameters takes. */
export interface ParameterOptions {
  /** The dtype of the parameters. Default float32. */
  readonly dtype?: DType;
}

/** A parameter drawn evenly from ±bound. */
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
