/** @file Loops whose steps are one list of kernels: whoever imports a loop has what prepares them, and nobody else. */
import { Repeated } from '../backends/wasm/repeat/repeated.js';
import type { LoopFamily } from './loopFamily.js';

export const looping: LoopFamily = {
  repeated: (loop, maker) => Repeated.of(loop, maker),
};
