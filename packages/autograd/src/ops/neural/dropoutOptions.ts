/** @file The options of all kinds of dropout. */
import { byPosition, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';

/** Options of dropout. */
export interface DropoutOptions {
  /** The probability; may also stand before the options. Default 0.5. */
  readonly p?: number;
  /** Without it `x` comes back as it is. Default true. */
  readonly training?: boolean;
}

/** Reads them, the probability also by position. */
export const dropoutOptions: (op: string, ...given: readonly unknown[]) => DropoutOptions =
  byPosition(defineOptions<DropoutOptions>({ p: kinds.fraction, training: kinds.flag }), 'p');
