/** @file Which primitives have a kernel of their own kind, and its description. */
import { sizeOf, stridesOf } from '../graph/shape.js';
import { constantOp } from '../graph/version.js';
import type { Attrs } from '../graph/primitive.js';
import type {
  ConvKernel,
  IndexKernel,
  Kernel,
  Place,
  PoolKernel,
  RandomKernel,
  CumulativeKernel,
  SortKernel,
} from './kernel.js';
import type { Instruction } from './program.js';

/** An instruction as a kernel is made from it. */
interface Site {
  readonly instruction: Instruction;
  readonly attrs: Attrs;
  readonly operands: readonly Instruction[];
  readonly inputs: readonly Place[];
  readonly out: Place;
  /** The number that the first operand is throughout, where it has no buffer. */
  readonly start: number | null;
}

type Rule = (site: Site) => Kernel | null;

/** The kernel of a primitive over contiguous operands, or null where only its reference can run it. */
export function operatorKernel(
  instructions: readonly Instruction[],
  slot: number,
  operands: readonly number[],
): Kernel | null {
  const instruction = instructions[slot] as Instruction;
  const rule = rules[instruction.op?.name ?? ''];
  if (rule === undefined || sizeOf(instruction.shape) === 0) return null;
  const place = (buffer: number): Place => ({
    buffer,
    dtype: (instructions[buffer] as Instruction).dtype,
    offset: 0,
  });
  const first = instructions[operands[0] ?? -1];
  return rule({
    instruction,
    attrs: instruction.attrs ?? {},
    // What the operation is given; its elements may lie in the buffer of a value of another shape.
    operands: instruction.inputs.map((x) => instructions[x] as Instruction),
    inputs: operands.map(place),
    out: place(slot),
    start: first?.op === constantOp ? (first.attrs as { value: number }).value : null,
  });
}

const rules: Readonly<Record<string, Rule | undefined>> = {
  conv: (site) => conv(site, 'forward'),
  convInput: (site) => conv(site, 'gradInput'),
  convWeight: (site) => conv(site, 'gradWeight'),
  gather: (site) => alongDim(site, 'gather'),
  scatterAdd: (site) => alongDim(site, 'add'),
  scatter: (site) => alongDim(site, 'set'),
  take: (site) => slices(site, 'gather'),
  indexAdd: (site) => slices(site, 'add'),
  oneHot,
  argmax: (site) => position(site, true),
  argmin: (site) => position(site, false),
  iota,
  windowArgmax: (site) => pool(site, 'argmax'),
  windowSum: (site) => pool(site, 'sum'),
  windowSpread: (site) => pool(site, 'spread'),
  argsort: (site) => sort(site, 'order', [site.attrs['dim'] as number]),
  argmedian: (site) => sort(site, 'argmedian', [site.attrs['dim'] as number]),
  median: (site) => sort(site, 'median', site.attrs['dims'] as readonly number[]),
  searchsorted: search,
  cumsum: (site) => cumulative(site, 'sum'),
  cumprod: (site) => cumulative(site, 'prod'),
  linearRecurrence: (site) => cumulative(site, 'recurrence'),
  cumulativeExtreme: (site) => cumulative(site, site.attrs['sign'] === 1 ? 'largest' : 'smallest'),
  uniform: (site) => random(site, 'uniform'),
  normal: (site) => random(site, 'normal'),
};

function conv(
  { instruction, attrs, operands, inputs, out }: Site,
  direction: ConvKernel['direction'],
): Kernel | null {
  const a = attrs as Readonly<Record<string, readonly number[]>>;
  const [p, q] = operands as readonly [Instruction, Instruction];
  const roles: Record<ConvKernel['direction'], readonly Instruction[]> = {
    forward: [p, q, instruction],
    gradInput: [instruction, q, p],
    gradWeight: [p, instruction, q],
  };
  const [x, w, y] = roles[direction] as [Instruction, Instruction, Instruction];
  if ([x, w, y].some((i) => sizeOf(i.shape) === 0 || i.dtype !== out.dtype)) return null;
  if (out.dtype !== 'float32' && out.dtype !== 'float64') return null;
  const groups = attrs['groups'] as number;
  return {
    kind: 'conv',
    direction,
    batch: x.shape[0] as number,
    groups,
    inChannels: (x.shape[1] as number) / groups,
    outChannels: (y.shape[1] as number) / groups,
    size: x.shape.slice(2),
    window: w.shape.slice(2),
    places: y.shape.slice(2),
    stride: a['stride'] ?? [],
    padLow: a['padLow'] ?? [],
    padHigh: a['padHigh'] ?? [],
    dilation: a['dilation'] ?? [],
    inputs: inputs as [Place, Place],
    out,
  };
}

/** One index for each element: `gather`, `scatterAdd` and `scatter`. */
function alongDim(
  { attrs, operands, inputs, out, start }: Site,
  mode: 'gather' | 'add' | 'set',
): Kernel | null {
  const [table, index] = operands as readonly [Instruction, Instruction];
  const dim = attrs['dim'] as number;
  const strides = stridesOf(table.shape);
  const own = stridesOf(index.shape);
  if (sizeOf(index.shape) === 0 || table.shape.length === 0) return null;
  return {
    kind: 'index',
    mode,
    space: index.shape,
    limit: table.shape[dim] as number,
    step: strides[dim] as number,
    index: own,
    table: strides.map((s, d) => (d === dim ? 0 : s)),
    other: own,
    tableSize: sizeOf(table.shape),
    ...startOf(inputs, start),
    out,
  };
}

/** A table that is a number is no input. */
function startOf(
  inputs: readonly Place[],
  start: number | null,
): Pick<IndexKernel, 'start' | 'inputs'> {
  return { start, inputs: start === null ? inputs : inputs.slice(1) };
}

/** One index for each slice: `take` and `indexAdd`. */
function slices(
  { attrs, operands, inputs, out, start }: Site,
  mode: 'gather' | 'add',
): Kernel | null {
  const [table, index] = operands as readonly [Instruction, Instruction];
  const dim = attrs['dim'] as number;
  const limit = table.shape[dim] as number;
  const inner = sizeOf(table.shape.slice(dim + 1));
  const count = sizeOf(index.shape);
  if (count === 0) return null;
  return {
    kind: 'index',
    mode,
    space: [sizeOf(table.shape.slice(0, dim)), count, inner],
    limit,
    step: inner,
    index: [0, 1, 0],
    table: [limit * inner, 0, 1],
    other: [count * inner, inner, 1],
    tableSize: sizeOf(table.shape),
    ...startOf(inputs, start),
    out,
  };
}

function oneHot({ attrs, operands, inputs, out }: Site): Kernel | null {
  const count = attrs['count'] as number;
  const size = sizeOf((operands[0] as Instruction).shape);
  return {
    kind: 'index',
    mode: 'mark',
    space: [size],
    limit: count,
    step: 1,
    index: [1],
    table: [count],
    other: [0],
    tableSize: size * count,
    start: 0,
    inputs,
    out,
  };
}

function position({ attrs, operands, inputs, out }: Site, largest: boolean): Kernel | null {
  const { shape } = operands[0] as Instruction;
  const dim = attrs['dim'] as number;
  const length = shape[dim] ?? 0;
  if (length === 0) return null;
  const outer = sizeOf(shape.slice(0, dim));
  const inner = sizeOf(shape.slice(dim + 1));
  return { kind: 'position', largest, outer, length, inner, inputs: inputs as [Place], out };
}

function cumulative(
  { attrs, operands, inputs, out }: Site,
  op: CumulativeKernel['op'],
): Kernel | null {
  const { shape } = operands[0] as Instruction;
  const dim = attrs['dim'] as number;
  if (op === 'recurrence' && inputs.some(({ dtype }) => dtype !== out.dtype || dtype === 'int32'))
    return null;
  return {
    kind: 'cumulative',
    op,
    reverse: attrs['reverse'] === true,
    outer: sizeOf(shape.slice(0, dim)),
    length: shape[dim] ?? 1,
    inner: sizeOf(shape.slice(dim + 1)),
    inputs,
    out,
  };
}

/** Elements of a row beyond which there may be no room to sort it. */
const LONGEST_ROW = 2 ** 25;

function sort(
  { attrs, operands, inputs, out }: Site,
  result: SortKernel['result'],
  dims: readonly number[],
): Kernel | null {
  const { shape } = operands[0] as Instruction;
  const [first, last] = [Math.min(...dims), Math.max(...dims)];
  const length = sizeOf(shape.slice(first, last + 1));
  // The dimensions of a row must lie side by side.
  if (last - first + 1 !== dims.length || length === 0 || length > LONGEST_ROW) return null;
  return {
    kind: 'sort',
    result,
    descending: attrs['descending'] === true,
    outer: sizeOf(shape.slice(0, first)),
    length,
    inner: sizeOf(shape.slice(last + 1)),
    inputs: inputs as [Place],
    out,
  };
}

function search({ instruction, attrs, operands, inputs, out }: Site): Kernel | null {
  const { shape } = operands[0] as Instruction;
  if (inputs[0]?.dtype !== inputs[1]?.dtype) return null;
  const rows = sizeOf(shape.slice(0, -1));
  return {
    kind: 'search',
    right: attrs['right'] === true,
    rows,
    length: shape.at(-1) as number,
    each: sizeOf(instruction.shape) / rows,
    inputs: inputs as [Place, Place],
    out,
  };
}

function iota({ attrs, out }: Site): Kernel {
  return {
    kind: 'loop',
    outer: [attrs['size'] as number],
    inner: [],
    inputs: [],
    body: [{ kind: 'index', dim: 0, dtype: 'int32' }],
    outputs: [{ ...out, strides: [1], value: 0 }],
  };
}

/** Windows with bounds of their own are listed in the code: more than this are not. */
const MOST_WINDOWS = 4096;

function pool({ attrs, operands, inputs, out }: Site, mode: PoolKernel['mode']): Kernel | null {
  const { shape, dtype } = operands[0] as Instruction;
  if (dtype !== 'float32' && dtype !== 'float64') return null;
  const { starts, ends } = attrs as Readonly<Record<string, readonly (readonly number[])[]>>;
  const sizes = attrs['size'] as readonly number[];
  const steps = (attrs['step'] as readonly number[] | undefined) ?? sizes.map(() => 1);
  const spans = sizes.map((size, d) => ({
    size,
    step: steps[d] as number,
    starts: starts?.[d] ?? [],
    ends: ends?.[d] ?? [],
  }));
  if (spans.length === 0 || spans.some((span) => span.starts.length > MOST_WINDOWS)) return null;
  const planes = sizeOf(shape.slice(0, shape.length - sizes.length));
  return { kind: 'pool', mode, planes, spans, inputs: inputs as [Place], out };
}

function random(
  { instruction, inputs, out }: Site,
  distribution: RandomKernel['distribution'],
): Kernel | null {
  const count = sizeOf(instruction.shape);
  return { kind: 'random', distribution, count, inputs: inputs as [Place, Place], out };
}
