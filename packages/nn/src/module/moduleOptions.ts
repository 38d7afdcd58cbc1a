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

/** Options of `parameters` and `buffers`. */
export interface ListOptions {
  /** Whether those of modules below this one are listed, too. Default true. */
  readonly recurse?: boolean;
}

/** Options of `namedParameters` and `namedBuffers`. */
export interface NamedListOptions extends ListOptions {
  /** What their names begin with, before a dot. Default none. */
  readonly prefix?: string;
}

/** Options of `stateDict`. */
export interface StateOptions {
  /** What all keys begin with: with its dot, `'net.'`. Default none. */
  readonly prefix?: string;
}

/** Options of `zeroGrad`. */
export interface ZeroGradOptions {
  /** Whether gradients become null; otherwise existing gradients become zeros. Default true. */
  readonly setToNone?: boolean;
}

export const listOptions = defineOptions<ListOptions>({ recurse: kinds.flag });
export const namedListOptions = defineOptions<NamedListOptions>({
  recurse: kinds.flag,
  prefix: kinds.text,
});
export const stateOptions = defineOptions<StateOptions>({ prefix: kinds.text });
export const zeroGradOptions = defineOptions<ZeroGradOptions>({ setToNone: kinds.flag });
export const bufferOptions = defineOptions<BufferOptions>({ persistent: kinds.flag });
export const loadOptions = defineOptions<LoadOptions>({ strict: kinds.flag });
export const summaryOptions = defineOptions<{ readonly dtype?: DType }>({ dtype: kinds.dtype });
