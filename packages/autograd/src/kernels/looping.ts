/** @file Loops whose steps run as one list of kernels: only a bundle that imports loops contains this file. */
import { Repeated } from '../backends/wasm/repeat/repeated.js';
import type { LoopFamily } from './loopFamily.js';

export const looping: LoopFamily = {
  repeated: (loop, maker) => Repeated.of(loop, maker),
};
