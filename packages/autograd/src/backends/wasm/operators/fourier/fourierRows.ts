/**
 * @file Fourier transforms of consecutive rows, each by vectors of its own elements: for lengths that are multiples of 16.
 *
 * A real row of twice the length is treated as one of pairs. Its transform Z contains that of the even elements,
 * `(Z[k] + Z̄[m − k])/2`, and that of the odd ones, `(Z[k] − Z̄[m − k])/2i`.
 */
import type { FourierKernel } from '../../../../engine/compile/operators.js';
import type { Word } from '../../assembler/moduleBuilder.js';
import { I32 } from '../../assembler/opcodes.js';
import type { ComplexLanes, Complex } from './complexLanes.js';
import {
  firstPass,
  lastPass,
  middlePass,
  stagesOf,
  type Roots,
  type Rows,
} from './fourierPasses.js';

/** What both kinds of transforms need. */
export interface FourierSite {
  readonly c: ComplexLanes;
  readonly kernel: Pick<FourierKernel, 'length' | 'sign' | 'from' | 'to'>;
  readonly radices: readonly number[];
  readonly numbers: FourierNumbers;
  /** A table of pairs, as many as the length. */
  readonly table: number;
  /** The scratch memory, in two parts. */
  readonly scratch: readonly [Rows, Rows];
}

/** Words of the block. */
export interface FourierNumbers {
  readonly inputs: readonly Word[];
  readonly out: Word;
  /** How many transforms, or blocks of transforms, there are. */
  readonly count: Word;
  readonly scale: Word;
}

/** Whether rows of this length are transformed this way. */
export function isByRows({ inner, length, from, to }: Omit<FourierKernel, 'family'>): boolean {
  const isReal = from === 'real' || to === 'real';
  return inner === 1 && length % (isReal ? 32 : 16) === 0;
}

/** The length of the complex transform. */
export function complexLength({ length, from, to }: Omit<FourierKernel, 'family'>): number {
  return from === 'real' || to === 'real' ? length / 2 : length;
}

/** Transforms the row whose number a local holds. */
export function writeRow(site: FourierSite, row: number, factor: number): void {
  const { c, kernel, numbers, radices, table } = site;
  const { f, size } = c;
  const { length, sign, from, to } = kernel;
  const n = from === 'real' || to === 'real' ? length / 2 : length;
  const item = c.size * (numbers.inputs.length === 1 ? 2 : 1);
  const bytesFrom =
    from === 'real' ? length * size : (from === 'half' ? length / 2 + 1 : length) * item;
  const bytesTo = { pairs: 2 * length * size, half: (length + 2) * size, real: length * size }[to];
  const place = (word: Word, step: number): number => {
    const local = f.local('i32');
    f.push(word).get(row).i32(step).op(I32.mul).op(I32.add).set(local);
    return local;
  };
  const x = numbers.inputs.map((word) => place(word, bytesFrom));
  const out = place(numbers.out, bytesTo);
  const roots: Roots = { pointer: table, unit: length / n };
  const swap = ({ re, im }: Complex): Complex => (sign > 0 ? { re: im, im: re } : { re, im });
  let [source, destination] = site.scratch;
  const flip = (): void => {
    [source, destination] = [destination, source];
  };
  const quarter = (n / 4) * size;
  if (from === 'half') {
    join(site, x, n, destination);
    const at = f.local('i32');
    f.get(destination.pointer).set(at);
    const load = (j: number): Complex => swap(c.loadParts(at, j * quarter, destination.pitch));
    firstPass(c, n, roots, load, () => f.advance(at, 16), source);
  } else if (from === 'parts') {
    const [re, im] = x as [number, number];
    const load = (j: number): Complex =>
      swap({ re: c.load(re, j * quarter), im: c.load(im, j * quarter) });
    firstPass(c, n, roots, load, () => f.advance(re, 16).advance(im, 16), source);
  } else {
    const at = x[0] as number;
    const load = (j: number): Complex => swap(c.loadPairs(at, 2 * j * quarter));
    firstPass(c, n, roots, load, () => f.advance(at, 32), source);
  }
  const stages = stagesOf(n, radices, 1);
  for (const stage of stages.slice(1, -1)) {
    middlePass(c, stage, roots, source, destination);
    flip();
  }
  const last = stages.at(-1) as (typeof stages)[number];
  if (from !== 'real') {
    const emit = (u: number, sum: Complex): void =>
      c.storePairs(out, 2 * u * last.stride * size, swap(c.scaled(sum, factor)));
    lastPass(c, last, source, emit, () => f.advance(out, 32));
    return;
  }
  const z = f.local('i32');
  f.get(destination.pointer).set(z);
  const emit = (u: number, sum: Complex): void =>
    c.storeParts(z, u * last.stride * size, destination.pitch, c.scaled(sum, factor));
  lastPass(c, last, source, emit, () => f.advance(z, 16));
  split(site, destination, n, out, to === 'pairs');
}

/** From the halved transform of pairs to that of the real row: its first half and one element, or all. */
function split(
  { c, table }: FourierSite,
  { pointer, pitch }: Rows,
  m: number,
  out: number,
  whole: boolean,
): void {
  const { f, v, size, lanes } = c;
  const [up, down, root] = [f.local('i32'), f.local('i32'), f.local('i32')];
  // Z[m] is Z[0].
  for (const part of [0, pitch]) {
    f.get(pointer);
    v.scope(() => {
      const first = c.gather([[pointer, part]]);
      c.store(pointer, m * size + part, first);
      return [];
    });
    f.drop();
  }
  f.get(pointer).set(up).get(table).set(root);
  f.get(pointer)
    .i32((m - lanes + 1) * size)
    .op(I32.add)
    .set(down);
  f.repeat(m / lanes, () => {
    v.scope(() => {
      const z = c.loadParts(up, 0, pitch);
      const other = c.backwards(c.loadParts(down, 0, pitch));
      const even = { re: c.plus(z.re, other.re), im: c.minus(z.im, other.im) };
      const odd = { re: c.plus(z.im, other.im), im: c.minus(other.re, z.re) };
      const turned = c.mul(odd, c.loadPairs(root, 0));
      c.storePairs(out, 0, c.add(even, turned));
      if (whole) c.storePairs(out, 2 * m * size, c.sub(even, turned));
      return [];
    });
    f.advance(up, 16).advance(down, -16).advance(root, 32).advance(out, 32);
  });
  if (whole) return;
  v.scope(() => {
    const [re, im] = [c.gather([[pointer, 0]]), c.gather([[pointer, pitch]])];
    const difference = c.minus(re, im);
    c.scatter([[out, 0]], c.plus(difference, difference));
    c.scatter([[out, size]], c.constant(0));
    return [];
  });
}

/** From half a row and one element to the row of pairs whose inverse transform is the real row. */
function join({ c, table }: FourierSite, x: readonly number[], m: number, to: Rows): void {
  const { f, v, size, lanes } = c;
  const item = x.length === 1 ? 2 * size : size;
  const [root, y] = [f.local('i32'), f.local('i32')];
  f.get(table).set(root).get(to.pointer).set(y);
  const up = x.map((start) => {
    const local = f.local('i32');
    f.get(start).set(local);
    return local;
  });
  const down = x.map((start) => {
    const local = f.local('i32');
    f.get(start)
      .i32((m - lanes + 1) * item)
      .op(I32.add)
      .set(local);
    return local;
  });
  const load = ([first, second]: readonly number[]): Complex =>
    second === undefined
      ? c.loadPairs(first as number, 0)
      : { re: c.load(first as number, 0), im: c.load(second, 0) };
  f.repeat(m / lanes, () => {
    v.scope(() => {
      const z = load(up);
      const other = c.backwards(load(down));
      const even = { re: c.plus(z.re, other.re), im: c.minus(z.im, other.im) };
      const odd = { re: c.minus(z.re, other.re), im: c.plus(z.im, other.im) };
      const { re, im } = c.loadPairs(root, 0);
      // Times the conjugate of the root.
      const turned = {
        re: c.plus(c.product(odd.re, re), c.product(odd.im, im)),
        im: c.minus(c.product(odd.im, re), c.product(odd.re, im)),
      };
      c.storeParts(y, 0, to.pitch, c.addTurned(even, turned));
      return [];
    });
    for (const pointer of up) f.advance(pointer, lanes * item);
    for (const pointer of down) f.advance(pointer, -lanes * item);
    f.advance(root, 32).advance(y, 16);
  });
  // The imaginary parts of the first and of the last element are ignored.
  v.scope(() => {
    const re = x[0] as number;
    const [first, last] = [c.gather([[re, 0]]), c.gather([[re, m * item]])];
    c.scatter([[to.pointer, 0]], c.plus(first, last));
    c.scatter([[to.pointer, to.pitch]], c.minus(first, last));
    return [];
  });
}
