/** @file `@chainrule/optim/solve`: solvers that are differentiable functions of all that they are given. */
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
