/** @file Writes regimes as the data of a module: arrays of numbers, short if most are zero. */
import {
  SCRATCH_BUFFER,
  type FunctionImage,
  type Image,
  type ImagePlain,
} from '@chainrule/autograd/internal';
import type { BodyLines, ImageLines, Line, LoopLines, PlainLines } from './imageLines.js';
import type { Regime } from './regimes.js';

/**
 * An image as the module reads it. A `Line` is a pair of numbers. For words, `w` has the start of each, and `d` the nonzero
 * slopes, as alternating index and slope.
 */
export interface EncodedImage {
  /** Calls: alternating form and block. */
  readonly c: number[];
  /** How many of the first calls do the same at each step of a loop. */
  readonly b: number;
  readonly w: number[];
  readonly d: number[];
  /** Pointers: word, slot (−1 for scratch memory), start and slope of each. */
  readonly p: number[];
  /** Computed values: slot, start, slope, first and last step of each. */
  readonly s: number[];
  /** The bytes of scratch memory that are shared, then all of them. */
  readonly h: readonly [...Line, ...Line];
  /** What runs between the calls, and after how many of them. */
  readonly l: readonly ({ readonly after: number } & (EncodedLoop | EncodedPlain))[];
}

/** An operation that a plain kernel computes. */
export interface EncodedPlain {
  readonly kind: 'plain';
  readonly name: string;
  readonly attrs: ImagePlain['attrs'];
  /** The attributes that change with the batch. */
  readonly grown: readonly (readonly [key: string, ...Line])[];
  /** Operands, then the result: slot, dtype and shape. */
  readonly values: readonly EncodedValue[];
}

type EncodedValue = readonly [slot: number, dtype: string, shape: readonly Line[]];

export interface EncodedLoop {
  readonly name: string;
  readonly kind: 'scan' | 'while' | 'branch';
  readonly length: Line;
  readonly reverse: boolean;
  readonly rewound: boolean;
  readonly constants: readonly number[];
  /** The slots of the operands, the dtype of the first operand, and the slot of each result by its number. */
  readonly operands: readonly number[];
  readonly dtype: string;
  readonly results: readonly (readonly [result: number, slot: number])[];
  readonly bodies: readonly EncodedBody[];
}

export interface EncodedBody extends EncodedImage {
  /** Inputs: slot, kind (`0` carry, `1` slice, `2` constant, `3` offset), index, and its `Line`. */
  readonly i: readonly (readonly [slot: number, kind: number, index: number, ...Line])[];
  /** Outputs: slot and bytes. */
  readonly o: readonly (readonly [slot: number, ...Line])[];
  /** The dtype of the first output. */
  readonly dtype: string;
  readonly carries: number;
  readonly r: Line;
}

/** A regime as the module reads it. */
export interface EncodedRegime extends EncodedImage {
  readonly f: number;
  /** Inputs: slot, then the kind (see `Place`). */
  readonly i: (readonly unknown[])[];
  /** Outputs: slot, dtype and shape. */
  readonly o: EncodedValue[];
  readonly r: Line;
  readonly m: 0 | 1;
}

/** The kind of an input and its index: `0` argument, `1` state, `2` data, `3` number, `4` seed, `5` offset. */
export type Place = (made: FunctionImage, k: number) => readonly unknown[];

export function encodeRegime(regime: Regime, place: Place): EncodedRegime {
  const { image, inputs } = regime.sample;
  return {
    f: regime.from,
    ...encodeImage(regime.lines),
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

function encodeImage(lines: ImageLines): EncodedImage {
  const { image } = lines;
  return {
    c: image.calls.flatMap(({ form, block }) => [form, block]),
    b: image.before,
    w: lines.words.map(([start]) => start),
    d: lines.words.flatMap(([, slope], k) => (slope === 0 ? [] : [k, slope])),
    p: image.list.pointers.flatMap(({ word, buffer }, k) => [
      word,
      buffer === SCRATCH_BUFFER ? -1 : buffer,
      ...(lines.pointers[k] as Line),
    ]),
    s: image.computed.flatMap(({ slot, first, last }, k) => [
      slot,
      ...(lines.computed[k] as Line),
      first,
      last,
    ]),
    h: [...lines.sharedBytes, ...lines.scratchBytes],
    l: lines.stops.map((stop) => ({
      after: stop.after,
      ...(stop.kind === 'plain' ? encodePlain(stop, image) : encodeLoop(stop, image)),
    })),
  };
}

function encodePlain({ sample, shapes, attrs }: PlainLines, { holds }: Image): EncodedPlain {
  const { name, operands, result } = sample;
  const values = [...operands, { slot: result, ...holds[result]! }];
  return {
    ...{ kind: 'plain', name, attrs: sample.attrs },
    grown: Object.entries(attrs).flatMap(([key, line]) =>
      line[1] === 0 ? [] : [[key, ...line] as const],
    ),
    values: values.map(({ slot, dtype }, k) => [slot, dtype, shapes[k]!]),
  };
}

function encodeLoop({ sample, length, bodies }: LoopLines, { holds }: Image): EncodedLoop {
  const { operands, results, loop } = sample;
  const { name, kind, reverse, rewound, constants } = loop;
  const dtype = holds[operands[0] ?? -1]?.dtype ?? 'int32';
  const encoded = bodies.map(encodeBody);
  return {
    ...{ name, kind, length, reverse, rewound, constants },
    ...{ operands, dtype, results, bodies: encoded },
  };
}

const KINDS = ['carry', 'x', 'constant', 'offset'];

function encodeBody({ sample, lines, inputs, outputs, draws }: BodyLines): EncodedBody {
  const { image, carries } = sample;
  return {
    ...encodeImage(lines),
    i: sample.inputs.map(({ kind, index }, k) => [
      image.inputs[k]!,
      KINDS.indexOf(kind),
      index,
      ...inputs[k]!,
    ]),
    o: image.outputs.map((slot, k) => [slot, ...outputs[k]!]),
    dtype: image.holds[image.outputs[0] ?? -1]?.dtype ?? 'int32',
    carries,
    r: draws,
  };
}
