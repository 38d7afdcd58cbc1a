/** @file Fourier transforms along a dimension. */
import { planFourier } from '../backends/wasm/operators/fourier/fourierKernel.js';
import { radicesOf } from '../backends/wasm/operators/fourier/fourierPasses.js';
import type { FourierKernel } from '../engine/compile/operators.js';
import type { Instruction } from '../engine/program.js';
import type { KernelFamily, Site, Spec } from './family.js';
import { transformOf } from './fourierTransform.js';
import { rootsOfUnity } from './rootsOfUnity.js';

/** The largest length, whose table and rows take a few megabytes. */
const LONGEST = 2 ** 18;

export const fourier: KernelFamily<Spec<'fourier'>, FourierKernel> = {
  make: (spec, { operands, inputs, out }: Site) => {
    const { shape } = operands[0] as Instruction;
    const kernel = transformOf(spec, shape, inputs, out);
    const { length } = kernel;
    return length < 2 || length > LONGEST || radicesOf(length) === null ? null : kernel;
  },
  plan: (kernel) => [planFourier(kernel, rootsOfUnity(kernel.length))],
};
