/** @file `@chainrule/optim/solve`: solvers that are differentiable functions of everything they depend on. */
export { fixedPoint, type FixedPointOptions } from './fixedPoint.js';
export { root, type RootOptions } from './root.js';
export type { Solution } from './equations.js';
export {
  cg,
  gmres,
  type CGOptions,
  type GMRESOptions,
  type LinearSolution,
  type Operator,
} from './krylov.js';
export type { IterationOptions } from './options.js';
export { leastSquares, type LeastSquaresOptions, type LeastSquaresResult } from './leastSquares.js';
export type { Reason } from './levenbergMarquardt.js';
export { minimize, type MinimizeOptions, type MinimizeResult } from './minimize.js';
export { odeint, type OdeEvent, type OdeOptions, type OdeResult } from './odeint.js';
export type { EventFunction } from './events.js';
