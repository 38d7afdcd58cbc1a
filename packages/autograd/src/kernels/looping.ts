/** @file Loops whose steps run as one list of kernels: only a bundle that imports loops contains this file. */
import { CompiledLoop } from '../backends/wasm/repeat/compiledLoop.js';
import type { LoopFamily } from './loopFamily.js';

export const looping: LoopFamily = {
  repeated: (loop, maker) => CompiledLoop.of(loop, maker),
};
