/** @file Checks and counts that both kinds of convolution share. */
import { checkArgument, display, kinds, ChainruleError, ShapeError } from '@chainrule/autograd';

/** One number for all spatial dimensions, or one for each. */
export type PerDim = number | readonly number[];

/** The same number `n` times, or the numbers as they are. */
export function each(layer: string, name: string, value: PerDim, n: number): readonly number[] {
  if (typeof value === 'number') return new Array<number>(n).fill(value);
  if (value.length === n) return value;
  throw new ShapeError(
    `${layer}: ${name} must be one number or an array of ${n}, got ${display(value)}`,
  );
}

/** `1/√(inputs of an output)`, the bound of PyTorch's uniform initial values. */
export function boundOf(inputs: number, kernel: readonly number[]): number {
  return 1 / Math.sqrt(inputs * kernel.reduce((n, k) => n * k, 1));
}

export function checkGroups(
  name: string,
  inChannels: number,
  outChannels: number,
  groups: number,
): void {
  checkArgument(name, 'inChannels', inChannels, kinds.count);
  checkArgument(name, 'outChannels', outChannels, kinds.count);
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new ChainruleError(
      `${name}: ${groups} groups do not divide ${inChannels} input and ${outChannels} output channels`,
    );
  }
}
