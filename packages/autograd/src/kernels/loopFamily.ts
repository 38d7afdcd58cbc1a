/** @file What loops hold of their kernels, apart from other families: no other operation's types name a loop. */
import type { ListMaker } from '../backends/wasm/repeat/listMaker.js';
import type { Repeated } from '../backends/wasm/repeat/repeated.js';
import type { Loop } from '../engine/loop.js';

/** What a loop refers to, so that whoever imports loops has what runs them, and nobody else. */
export interface LoopFamily {
  /** The body as one list of kernels, for a memory; null if its steps must be run one by one. */
  repeated(loop: Loop, maker: ListMaker): Repeated | null;
}
