/** @file Expresses the numbers of a plan as lines over the batch size: those of a function, and those of the loops in it. */
import type { Image, ImageBody, ImageLoop, ImagePlain } from '@chainrule/autograd/internal';
import { dtypeBytes } from './states.js';

/** A number at the first size of a regime, and its increase for each further example. */
export type Line = readonly [start: number, slope: number];

/** Finds the line through the values that `of` returns for the samples, in their order. */
export type LineFinder = <T>(
  what: string,
  samples: readonly T[],
  of: (sample: T) => number,
) => Line;

/** An image whose numbers are lines. */
export interface ImageLines {
  /** The plan at the first size: structure, slots, dtypes. */
  readonly image: Image;
  readonly words: readonly Line[];
  /** Byte offsets of pointers, in the order of the image's pointers. */
  readonly pointers: readonly Line[];
  /** Bytes of computed values, in the order of the image's values. */
  readonly computed: readonly Line[];
  readonly sharedBytes: Line;
  readonly scratchBytes: Line;
  readonly stops: readonly StopLines[];
}

/** What runs between calls, in the order of the image. */
export type StopLines = { readonly after: number } & (LoopLines | PlainLines);

/** An operation that a plain kernel computes. */
export interface PlainLines {
  readonly kind: 'plain';
  readonly sample: ImagePlain;
  /** The dimensions of each operand, then of the result. */
  readonly shapes: readonly (readonly Line[])[];
  /** The attributes that are numbers. */
  readonly attrs: Readonly<Record<string, Line>>;
}

export interface LoopLines {
  readonly kind: 'loop';
  readonly sample: ImageLoop;
  readonly length: Line;
  readonly bodies: readonly BodyLines[];
}

/** The body that a loop runs at each step. */
export interface BodyLines {
  readonly sample: ImageBody;
  readonly lines: ImageLines;
  /** For each input its bytes; for an offset of random numbers, its distance from the first offset of the step. */
  readonly inputs: readonly Line[];
  /** The bytes of each output. */
  readonly outputs: readonly Line[];
  readonly draws: Line;
}

/** A key that is equal for images that differ only in numbers. */
export function structureOf({
  calls,
  before,
  list,
  computed,
  inputs,
  outputs,
  stops,
}: Image): unknown {
  return [
    calls,
    before,
    list.words.length,
    list.pointers.map(({ word, buffer }) => [word, buffer]),
    list.mayFault,
    computed.map(({ slot, first, last }) => [slot, first, last]),
    inputs,
    outputs,
    stops.map((stop) => [
      stop.after,
      stop.kind === 'plain' ? structureOfPlain(stop) : structureOfLoop(stop),
    ]),
  ];
}

function structureOfPlain({ name, attrs, operands, result }: ImagePlain): unknown {
  const others = Object.entries(attrs).filter(([, value]) => !Number.isFinite(value));
  const ranks = operands.map(({ slot, shape }) => [slot, shape.length]);
  return [name, others.map(([key, value]) => [key, String(value)]), ranks, result];
}

function structureOfLoop({ loop, operands, results, bodies }: ImageLoop): unknown {
  return [
    [loop.name, loop.reverse, loop.rewound, loop.constants, operands, results],
    bodies.map((body) => [
      structureOf(body.image),
      body.inputs.map(({ kind, index }) => (kind === 'offset' ? kind : [kind, index])),
      body.carries,
    ]),
  ];
}

/** The lines of images with one structure; `find` knows the sizes that they were planned for. */
export function linesOf(images: readonly Image[], find: LineFinder): ImageLines {
  const [image] = images as [Image];
  const line = (what: string, of: (image: Image) => number): Line => find(what, images, of);
  return {
    image,
    words: image.list.words.map((_, k) => line('a word of a kernel', (m) => m.list.words[k]!)),
    pointers: image.list.pointers.map((_, k) =>
      line('an address', (m) => m.list.pointers[k]!.bytes),
    ),
    computed: image.computed.map((_, k) => line('a value', (m) => m.computed[k]!.bytes)),
    sharedBytes: line('scratch memory', (m) => m.list.sharedBytes),
    scratchBytes: line('scratch memory', (m) => m.list.scratchBytes),
    stops: image.stops.map((sample, k) => {
      const [{ after }, all] = [sample, images.map((m) => m.stops[k]!)];
      return sample.kind === 'plain'
        ? { after, ...linesOfPlain(all as readonly ImagePlain[], images, find) }
        : { after, ...linesOfLoop(all as readonly ImageLoop[], find) };
    }),
  };
}

function linesOfPlain(
  all: readonly ImagePlain[],
  images: readonly Image[],
  find: LineFinder,
): PlainLines {
  const [sample] = all as [ImagePlain];
  const dimensions = (what: string, of: readonly (readonly number[])[]): Line[] =>
    of[0]!.map((_, d) => find(what, of, (shape) => shape[d]!));
  return {
    kind: 'plain',
    sample,
    shapes: [
      ...sample.operands.map((_, i) =>
        dimensions(
          'an operand',
          all.map(({ operands }) => operands[i]!.shape),
        ),
      ),
      dimensions(
        'a value',
        images.map(({ holds }) => holds[sample.result]!.shape),
      ),
    ],
    attrs: Object.fromEntries(
      Object.entries(sample.attrs)
        .filter(([, value]) => Number.isFinite(value))
        .map(([key]) => [key, find(key, all, ({ attrs }) => attrs[key] as number)]),
    ),
  };
}

function linesOfLoop(all: readonly ImageLoop[], find: LineFinder): LoopLines {
  const [sample] = all as [ImageLoop];
  return {
    kind: 'loop',
    sample,
    length: find('the length of a loop', all, ({ loop }) => loop.length),
    bodies: sample.bodies.map((_, b) =>
      linesOfBodies(
        all.map(({ bodies }) => bodies[b]!),
        find,
      ),
    ),
  };
}

function linesOfBodies(bodies: readonly ImageBody[], find: LineFinder): BodyLines {
  const [sample] = bodies as [ImageBody];
  const line = (what: string, of: (body: ImageBody) => number): Line => find(what, bodies, of);
  return {
    sample,
    lines: linesOf(
      bodies.map(({ image }) => image),
      find,
    ),
    inputs: sample.inputs.map(({ kind }, i) =>
      kind === 'offset'
        ? line('an offset of random numbers', (body) => body.inputs[i]!.index)
        : line('a value', ({ image }) => bytesOf(image, image.inputs[i]!)),
    ),
    outputs: sample.image.outputs.map((_, k) =>
      line('a value', ({ image }) => bytesOf(image, image.outputs[k]!)),
    ),
    draws: line('the count of random numbers', ({ draws }) => draws),
  };
}

function bytesOf({ holds }: Image, slot: number): number {
  const { shape, dtype } = holds[slot]!;
  return shape.reduce((a, b) => a * b, dtypeBytes[dtype]);
}
