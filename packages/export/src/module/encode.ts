/** @file Regimes as the data of a module: arrays of numbers, short where most are zero. */
import { SCRATCH_BUFFER, type FunctionImage } from '@chainrule/autograd/internal';
import type { Line, Regime } from './regimes.js';

/**
 * A regime as the module reads it. `Line`s are pairs; words are their first values, and apart from these the slopes of those
 * that have one, as place and slope in turn.
 */
export interface EncodedRegime {
  readonly f: number;
  /** Calls: form and block in turn. */
  readonly c: number[];
  readonly w: number[];
  readonly d: number[];
  /** Pointers: word, slot (−1 for scratch), start and slope in turn. */
  readonly p: number[];
  /** Computed values: slot, start, slope, first and last step in turn. */
  readonly s: number[];
  readonly h: readonly [...Line, ...Line];
  /** Inputs: slot, then what it is. */
  readonly i: (readonly unknown[])[];
  /** Outputs: slot, dtype and shape. */
  readonly o: (readonly [slot: number, dtype: string, shape: readonly Line[]])[];
  readonly r: Line;
  readonly m: 0 | 1;
}

/** What an input is, for the module: `0` argument, `1` state, `2` data, `3` number, `4` seed, `5` offset. */
export type Place = (made: FunctionImage, k: number) => readonly unknown[];

export function encodeRegime(regime: Regime, place: Place): EncodedRegime {
  const { image, inputs } = regime.sample;
  const { pointers } = image.list;
  return {
    f: regime.from,
    c: image.calls.flatMap(({ form, block }) => [form, block]),
    w: regime.words.map(([start]) => start),
    d: regime.words.flatMap(([, slope], k) => (slope === 0 ? [] : [k, slope])),
    p: pointers.flatMap(({ word, buffer }, k) => [
      word,
      buffer === SCRATCH_BUFFER ? -1 : buffer,
      ...(regime.pointers[k] as Line),
    ]),
    s: image.computed.flatMap(({ slot, first, last }, k) => [
      slot,
      ...(regime.computed[k] as Line),
      first,
      last,
    ]),
    h: [...regime.sharedBytes, ...regime.scratchBytes],
    i: inputs.map((input, k) => {
      const slot = image.inputs[k] as number;
      const { dtype } = image.holds[slot]!;
      const number = regime.numbers[k] ?? null;
      if (number !== null) return [slot, dtype, 3, ...number.line, Number(number.inverse)];
      if (input.kind === 'seed') return [slot, dtype, 4];
      if (input.kind === 'offset') return [slot, dtype, 5, ...(regime.offsets[k] as Line)];
      return [slot, dtype, ...place(regime.sample, k)];
    }),
    o: image.outputs.map((slot, k) => [slot, image.holds[slot]!.dtype, regime.shapes[k]!]),
    r: regime.draws,
    m: image.list.mayFault ? 1 : 0,
  };
}
