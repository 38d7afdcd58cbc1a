/** @file (to be written) */
import type { Shape } from '../graph/shape.js';

/** The methods of this family. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars
export interface JoiningMethods<S extends Shape = Shape> {}
