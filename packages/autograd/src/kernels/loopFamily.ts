/** @file The kernels of loops, apart from the other families, so that the types of other operations do not refer to loops. */
import type { ListMaker } from '../backends/wasm/repeat/listMaker.js';
import type { Repeated } from '../backends/wasm/repeat/repeated.js';
import type { Loop } from '../engine/loop.js';

/** A loop refers to this, so that only a bundle that imports loops contains what runs them. */
export interface LoopFamily {
  /** The body as one list of kernels, for one memory; null if the steps must be run one by one. */
  repeated(loop: Loop, maker: ListMaker): Repeated | null;
}
