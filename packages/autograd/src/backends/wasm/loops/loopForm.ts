/**
 * @file The form of a loop kernel, and the words of its block that hold its numbers.
 *
 * Sizes and constants are words, and so are strides, in bytes, except those that change the code: 0, where an element
 * repeats, and 1 along the lanes, where elements are loaded in vectors. Walks that begin at the same address, or move equally
 * along a level, share a word; which of them do is part of the form.
 */
import type { LoopKernel } from '../../../engine/compile/kernel.js';
import type { DType } from '../../../graph/dtype.js';
import type { Word } from '../assembler/moduleBuilder.js';
import { Block, SCRATCH_BUFFER } from '../assembler/block.js';
import { FAULT } from '../run/barrier.js';
import { mayRefuse } from './refusals.js';
import { CACHE, COORDINATE, type Nest, type Walk } from './loopNest.js';

/** How a walk moves along a level: by 0 or 1 elements, or by bytes in a word. */
export type Step = 0 | 1 | Word;

export interface LoopForm {
  readonly key: string;
  readonly block: Block;
  readonly walks: readonly Walk[];
  /** The start of each walk: an address; for caches an offset in scratch memory, for coordinates 0. */
  readonly starts: readonly (Word | 0)[];
  /** The steps of each walk along each level. */
  readonly steps: readonly (readonly Step[])[];
  /** The size of each level. */
  readonly sizes: readonly Word[];
  /** The constants by their index in the body. */
  readonly constants: ReadonlyMap<number, Word>;
  /** The address of the word to set when an element function refuses its arguments; null if none can. */
  readonly fault: Word | null;
}

const LETTER: Readonly<Record<DType, string>> = {
  float32: 'f',
  float64: 'd',
  int32: 'i',
  bool: 'b',
};

/**
 * The form of a kernel traversed as `nest`, with rows of some values kept in `caches`, at the offset `cachesAt` in scratch
 * memory.
 */
export function loopForm(
  kernel: LoopKernel,
  nest: Nest,
  caches: ReadonlyMap<number, Walk>,
  cachesAt: number,
): LoopForm {
  const block = new Block();
  const walks = [...nest.inputs, ...nest.outputs, ...nest.coordinates.values(), ...caches.values()];
  let key = '';
  const starts = walks.map((walk): Word | 0 => {
    if (walk.buffer === COORDINATE) return 0;
    if (walk.buffer === CACHE) return block.number(cachesAt + walk.offset);
    const bytes = walk.offset * walk.size;
    const known = block.pointers.find((p) => p.buffer === walk.buffer && p.bytes === bytes);
    const start = known === undefined ? block.place(walk) : { word: known.word };
    key += `${start.word},`;
    return start;
  });
  // An output to a buffer that is also read is written last.
  for (const { perPoint, buffer } of nest.outputs)
    key += perPoint ? (nest.inputs.some((input) => input.buffer === buffer) ? 'u' : 'p') : 'r';
  const sizes = nest.sizes.map((size) => block.number(size));

  const steps = walks.map((): Step[] => []);
  nest.sizes.forEach((_, level) => {
    const first = block.words.length;
    key += '/';
    walks.forEach((walk, w) => {
      const stride = walk.strides[level] as number;
      let step: Step;
      if (stride === 0) step = 0;
      else if (stride === 1 && (level === nest.vector || walk.buffer === COORDINATE)) step = 1;
      else {
        const bytes = stride * walk.size;
        const known = block.words.indexOf(bytes, first);
        step = known >= 0 ? { word: known } : block.number(bytes);
      }
      (steps[w] as Step[]).push(step);
      key += typeof step === 'number' ? step : String.fromCharCode(97 + step.word - first);
    });
  });
  key += `|${nest.outer},${nest.vector}`;
  for (const i of caches.keys()) key += `c${i}`;
  const { constants, bodyKey } = constantsOf(kernel, block);
  const fault = kernel.body.some((scalar) => mayRefuse(scalar, kernel.body))
    ? block.place({ buffer: SCRATCH_BUFFER, dtype: 'bool', offset: FAULT })
    : null;
  return { key: `${bodyKey}${key}`, block, walks, starts, steps, sizes, constants, fault };
}

/** Adds the constants of a body to the block; returns the body as text without their values. */
function constantsOf(
  { body, outputs }: LoopKernel,
  block: Block,
): { readonly constants: ReadonlyMap<number, Word>; readonly bodyKey: string } {
  const constants = new Map<number, Word>();
  const known = new Map<string, Word>();
  let bodyKey = '';
  body.forEach((scalar, i) => {
    bodyKey += LETTER[scalar.dtype];
    switch (scalar.kind) {
      case 'load':
        bodyKey += `L${scalar.input}`;
        break;
      case 'index':
        bodyKey += `I${scalar.dim}`;
        break;
      case 'op':
        bodyKey += `${scalar.op}${mayRefuse(scalar, body) ? '!' : ''}(${scalar.args.join()})`;
        break;
      case 'reduce':
        bodyKey += `R${scalar.op}(${scalar.arg})`;
        break;
      case 'const': {
        const { value, dtype } = scalar;
        const name = `${LETTER[dtype]}${Object.is(value, -0) ? '-0' : value}`;
        let word = known.get(name);
        if (word === undefined) known.set(name, (word = constantWord(block, value, dtype)));
        constants.set(i, word);
        bodyKey += `C${[...known.keys()].indexOf(name)}`;
      }
    }
  });
  for (const { value, dtype } of outputs) bodyKey += `>${value}${LETTER[dtype]}`;
  return { constants, bodyKey };
}

/** A bool is a mask: all bits of its lane are set, or none. */
function constantWord(block: Block, value: number, dtype: DType): Word {
  switch (dtype) {
    case 'float32':
      return block.float32(value);
    case 'float64':
      return block.float64(value);
    case 'int32':
      return block.number(value | 0);
    case 'bool':
      return block.number(value !== 0 ? -1 : 0);
  }
}
