/**
 * @file Fourier transforms of any smooth length along any dimension: several transforms at a time, each in lanes of its own.
 * They are copied into scratch memory and from there to their destinations.
 */
import type { FourierKernel } from '../../../../engine/compile/operators.js';
import { itemSize } from '../../../../graph/dtype.js';
import type { FourierForm } from '../../../../graph/lowering.js';
import type { Block } from '../../assembler/block.js';
import type { Word } from '../../assembler/moduleBuilder.js';
import { I32 } from '../../assembler/opcodes.js';
import type { Register } from '../../elements/lanes.js';
import type { Address, Complex } from './complexLanes.js';
import { lastPass, middlePass, stagesOf } from './fourierPasses.js';
import type { FourierSite } from './fourierRows.js';

/** How many transforms run at a time; `together` if their elements are adjacent. */
export interface Side {
  readonly width: number;
  readonly together: boolean;
}

const MAX_TOGETHER = 16;
/** Bytes of scratch memory that blocks should not exceed. */
const SCRATCH_BYTES = 2 ** 20;

export function sideOf(kernel: Omit<FourierKernel, 'family'>): Side {
  const { inner, outer, length, out } = kernel;
  const item = itemSize[out.dtype];
  const lanes = 16 / item;
  const together = inner % lanes === 0;
  let width = MAX_TOGETHER;
  const fits = (): boolean =>
    (together ? inner % width === 0 : width <= 2 * lanes && width < 2 * inner * outer) &&
    4 * width * length * item <= SCRATCH_BYTES;
  while (width > lanes && !fits()) width /= 2;
  return { width, together };
}

/** How many numbers of an input make up a complex one. */
export function partsFrom({ from, inputs }: Pick<FourierKernel, 'from' | 'inputs'>): 1 | 2 {
  return from === 'real' || inputs.length === 2 ? 1 : 2;
}

/** Words of the block that give the positions of transforms. */
export interface BlockNumbers {
  readonly inner: Word;
  readonly total: Word;
  readonly from: Steps;
  readonly to: Steps;
}

/** Bytes from one element of a transform to the next, and per outer index of all transforms. */
interface Steps {
  readonly step: Word;
  readonly plane: Word;
}

export function blockNumbers(block: Block, kernel: Omit<FourierKernel, 'family'>): BlockNumbers {
  const { inner, outer, length, from, to, out } = kernel;
  const steps = (kind: FourierForm, width: number): Steps => {
    const step = inner * width * itemSize[out.dtype];
    const count = kind === 'half' ? Math.floor(length / 2) + 1 : length;
    return { step: block.number(step), plane: block.number(step * count) };
  };
  return {
    inner: block.number(inner),
    total: block.number(inner * outer),
    from: steps(from, partsFrom(kernel)),
    to: steps(to, to === 'real' ? 1 : 2),
  };
}

/** Transforms the block whose number a local holds. */
export function writeBlock(
  site: FourierSite,
  { width, together }: Side,
  where: BlockNumbers,
  index: number,
  factor: number,
): void {
  const { c, kernel, radices, numbers, table } = site;
  const { f, v, size, lanes } = c;
  const { length, sign, from, to } = kernel;
  const row = width * size;
  const paired = from !== 'real' && numbers.inputs.length === 1;
  const item = paired ? 2 * size : size;
  const swap = ({ re, im }: Complex): Complex => (sign > 0 ? { re: im, im: re } : { re, im });
  const half = Math.floor(length / 2);

  /** A pointer to the first element of each transform, or only of the first one. */
  const pointers = (start: Word, { plane }: Steps, bytes: number): number[] =>
    Array.from({ length: together ? 1 : width }, (_, lane) => {
      const [t, pointer] = [f.local('i32'), f.local('i32')];
      f.get(index).i32(width).op(I32.mul).i32(lane).op(I32.add).set(t);
      if (!together) {
        // Past the end, uses the last transform again.
        f.get(t).push(where.total).i32(1).op(I32.sub).get(t).push(where.total).op(I32.ltU).select();
        f.set(t);
      }
      f.push(start).get(t).push(where.inner).op(I32.divU).push(plane).op(I32.mul).op(I32.add);
      f.get(t).push(where.inner).op(I32.remU).i32(bytes).op(I32.mul).op(I32.add).set(pointer);
      return pointer;
    });
  const addresses = (given: readonly number[], vector: number): Address[] =>
    given.slice(vector * lanes, (vector + 1) * lanes).map((pointer) => [pointer, 0] as const);

  const x = numbers.inputs.map((word) => pointers(word, where.from, item));
  const loaded = (vector: number, kind: 'whole' | 'real' = 'whole'): Complex => {
    const [first, second] = x as [number[], number[] | undefined];
    let number: Complex;
    if (paired) {
      number = together
        ? c.loadPairs(first[0] as number, vector * 32)
        : c.gatherPairs(addresses(first, vector));
    } else {
      const part = (given: readonly number[]): Register =>
        together ? c.load(given[0] as number, vector * 16) : c.gather(addresses(given, vector));
      number = { re: part(first), im: second === undefined ? c.constant(0) : part(second) };
    }
    return kind === 'real' ? { re: number.re, im: c.constant(0) } : number;
  };
  const vectors = Array.from({ length: width / lanes }, (_, i) => i);
  const next = (given: readonly (readonly number[])[], { step }: Steps): void => {
    for (const pointer of given.flat()) f.advance(pointer, step);
  };

  let [source, destination] = site.scratch;
  const [at, mirrored] = [f.local('i32'), f.local('i32')];
  f.get(source.pointer).set(at);
  const take = (kind: 'whole' | 'real', withMirror: boolean): void => {
    for (const vector of vectors) {
      v.scope(() => {
        const number = loaded(vector, kind);
        c.storeParts(at, vector * 16, source.pitch, swap(number));
        if (withMirror) {
          const im = c.minus(c.constant(0), number.im);
          c.storeParts(mirrored, vector * 16, source.pitch, swap({ re: number.re, im }));
        }
        return [];
      });
    }
    next(x, where.from);
    f.advance(at, row);
    if (withMirror) f.advance(mirrored, -row);
  };
  if (from === 'half') {
    f.get(source.pointer)
      .i32((length - 1) * row)
      .op(I32.add)
      .set(mirrored);
    take('real', false);
    f.repeat((length - 1) >> 1, () => take('whole', true));
    if (length % 2 === 0) take('real', false);
  } else f.repeat(length, () => take('whole', false));

  const stages = stagesOf(length, radices, width);
  const roots = { pointer: table, unit: 1 };
  for (const stage of stages.slice(0, -1)) {
    middlePass(c, stage, roots, source, destination);
    [source, destination] = [destination, source];
  }
  const last = stages.at(-1) as (typeof stages)[number];
  f.get(destination.pointer).set(at);
  const emit = (u: number, sum: Complex): void =>
    c.storeParts(at, u * last.stride * size, destination.pitch, swap(c.scaled(sum, factor)));
  lastPass(c, last, source, emit, () => f.advance(at, 16));

  const y = pointers(numbers.out, where.to, (to === 'real' ? 1 : 2) * size);
  f.get(destination.pointer).set(at);
  f.repeat(to === 'half' ? half + 1 : length, () => {
    for (const vector of vectors) {
      v.scope(() => {
        const number = c.loadParts(at, vector * 16, destination.pitch);
        if (to === 'real') {
          if (together) c.store(y[0] as number, vector * 16, number.re);
          else c.scatter(addresses(y, vector), number.re);
        } else if (together) c.storePairs(y[0] as number, vector * 32, number);
        else c.scatterPairs(addresses(y, vector), number);
        return [];
      });
    }
    next([y], where.to);
    f.advance(at, row);
  });
}
