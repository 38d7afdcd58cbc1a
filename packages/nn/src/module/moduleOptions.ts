/** @file The options of a module's methods. */
import { defineOptions, kinds, type DType } from '@chainrule/autograd';

/** Options of `registerBuffer`. */
export interface BufferOptions {
  /** Whether state dictionaries hold the buffer. Default true. */
  readonly persistent?: boolean;
}

/** Options of `loadStateDict`. */
export interface LoadOptions {
  /** Whether missing and unexpected keys are an error. Default true. */
  readonly strict?: boolean;
}

export const bufferOptions = defineOptions<BufferOptions>({ persistent: kinds.flag });
export const loadOptions = defineOptions<LoadOptions>({ strict: kinds.flag });
export const summaryOptions = defineOptions<{ readonly dtype?: DType }>({ dtype: kinds.dtype });
