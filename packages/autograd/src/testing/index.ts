/** @file `@chainrule/autograd/testing`: property-based checks for operations and models. Needs fast-check. */
export {
  arbBroadcastable,
  arbExpression,
  arbShape,
  arbTensor,
  type Expression,
  type ShapeOptions,
  type TensorOptions,
} from './arbitraries.js';
export { checkGradients, type CheckGradientsOptions } from './checkGradients.js';
export {
  gradcheck,
  gradgradcheck,
  type GradcheckOptions,
  type GradgradcheckOptions,
} from './gradcheck.js';
export { assertTensorsEqual, tensorEquality, type EqualityOptions } from './equality.js';
