/** @file Fourier transforms along a dimension. */
import { planChirped } from '../backends/wasm/operators/fourier/fourierChirp.js';
import { planFourier } from '../backends/wasm/operators/fourier/fourierKernel.js';
import { radicesOf } from '../backends/wasm/operators/fourier/fourierPasses.js';
import type { FourierKernel } from '../engine/compile/operators.js';
import type { Instruction } from '../engine/program.js';
import type { KernelFamily, Site, Spec } from './family.js';
import { transformOf } from './fourierTransform.js';
import { chirpOf, chirpSize } from './plain/plainFourier.js';
import { rootsOfUnity } from './plain/rootsOfUnity.js';

/** The longest rows that are transformed; the tables of such a row take some megabytes. */
const MAX_LENGTH = 2 ** 20;

const isChirped = (length: number): boolean => radicesOf(length) === null;

export const fourier: KernelFamily<Spec<'fourier'>, FourierKernel> = {
  make: (spec, { operands, inputs, out }: Site) => {
    const { shape } = operands[0] as Instruction;
    const kernel = transformOf(spec, shape, inputs, out);
    const { length } = kernel;
    const rows = isChirped(length) ? chirpSize(length) : length;
    return length < 2 || rows > MAX_LENGTH ? null : kernel;
  },
  plan: (kernel) => {
    const { length } = kernel;
    if (!isChirped(length)) return [planFourier(kernel, rootsOfUnity(length))];
    const { size, turns, filter } = chirpOf(length);
    const { cos: re, sin: im } = rootsOfUnity(size);
    return [planChirped(kernel, size, { roots: { re, im }, turns, filter })];
  },
};
