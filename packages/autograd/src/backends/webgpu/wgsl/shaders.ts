/** @file The shaders for a kernel of the engine: one or more. */
import type { Kernel } from '../../../engine/compile/kernel.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import { copiesOf } from './copies.js';
import { convShaders } from './convolution/convolutions.js';
import { randomShader } from './draws.js';
import { fourierShader } from './fourier.js';
import { indexShaders } from './indices.js';
import { productShaders } from './splitProducts.js';
import { loopShaders } from './splitLoops.js';
import {
  cumulativeShader,
  distanceShader,
  poolShader,
  positionShader,
  pullShader,
  searchShader,
} from './operators.js';
import { sortScratch, sortShader } from './sorting.js';
import type { Shader } from './shader.js';

/**
 * `scratch` returns memory of this many words for the kernel alone while it runs; `startsVector` says whether a buffer begins
 * at a multiple of four words.
 */
export function shadersOf(
  kernel: Kernel,
  scratch: (words: number) => BufferRef,
  startsVector: (buffer: number) => boolean,
): Shader[] {
  switch (kernel.kind) {
    case 'loop':
      return loopShaders(kernel, scratch);
    case 'matmul':
      return productShaders(kernel, scratch, startsVector);
    case 'conv':
      return convShaders(kernel, scratch);
    case 'index':
      return indexShaders(kernel);
    case 'pool':
      return [poolShader(kernel)];
    case 'position':
      return [positionShader(kernel)];
    case 'join':
      return copiesOf(kernel).flatMap((copy) => loopShaders(copy, scratch));
    case 'random':
      return [randomShader(kernel)];
    case 'cumulative':
      return [cumulativeShader(kernel)];
    case 'search':
      return [searchShader(kernel)];
    case 'distance':
      return [distanceShader(kernel)];
    case 'pull':
      return [pullShader(kernel)];
    case 'fourier':
      return [fourierShader(kernel)];
    case 'sort':
      return [sortShader(kernel, scratch(sortScratch(kernel)))];
  }
}
