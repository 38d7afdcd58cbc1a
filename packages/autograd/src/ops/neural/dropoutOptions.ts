/** @file The options of all kinds of dropout. */
import { byPosition, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';

/** Options of dropout. */
export interface DropoutOptions {
  /** The probability of dropping an element; may also be given by position. Default 0.5. */
  readonly p?: number;
  /** Whether to drop; without it, `x` is returned as it is. Default true. */
  readonly training?: boolean;
}

/** Reads the options, and a probability given by position. */
export const dropoutOptions: (op: string, ...given: readonly unknown[]) => DropoutOptions =
  byPosition(
    defineOptions<DropoutOptions>(
      { p: kinds.fraction, training: kinds.flag },
      ({ p, training }) => ({ p, training }),
    ),
    'p',
  );
