/** @file Kernels of their own kind: what a primitive's record says of one, with the shapes and places at hand. */
import type { KernelSpec } from '../../graph/lowering.js';
import { sizeOf, stridesOf } from '../../graph/shape.js';
import { constantOp } from '../../graph/version.js';
import type { ConvKernel, IndexKernel, Kernel, Place } from './kernel.js';
import type { Instruction } from '../program.js';

type Spec<K extends KernelSpec['kind']> = KernelSpec & { readonly kind: K };

/** An instruction as a kernel is made from it. */
interface Site {
  readonly instruction: Instruction;
  /** What the operation is given; its elements may lie in the buffer of a value of another shape. */
  readonly operands: readonly Instruction[];
  readonly inputs: readonly Place[];
  readonly out: Place;
  /** The number that the first operand is throughout, where it has no buffer. */
  readonly start: number | null;
}

/** Whether a kernel writes into a copy of its first operand, which may then be a number. */
export function writesTable(
  instructions: readonly Instruction[],
  slot: number,
  spec: KernelSpec | null,
): boolean {
  if (spec?.kind !== 'elements' && spec?.kind !== 'slices') return false;
  const { shape, inputs } = instructions[slot] as Instruction;
  if (spec.mode === 'gather' || shape.length === 0 || sizeOf(shape) === 0) return false;
  return sizeOf((instructions[inputs[1] as number] as Instruction).shape) > 0;
}

/** The kernel of a primitive over contiguous operands, or null where only its reference can run it. */
export function operatorKernel(
  instructions: readonly Instruction[],
  slot: number,
  operands: readonly number[],
): Kernel | null {
  const instruction = instructions[slot] as Instruction;
  const { op, attrs, shape, inputs } = instruction;
  if (op?.lowering.kind !== 'kernel' || sizeOf(shape) === 0) return null;
  const place = (buffer: number): Place => ({
    buffer,
    dtype: (instructions[buffer] as Instruction).dtype,
    offset: 0,
  });
  const first = instructions[operands[0] ?? -1];
  return kernelOf(op.lowering.kernel(attrs ?? {}), {
    instruction,
    operands: inputs.map((x) => instructions[x] as Instruction),
    inputs: operands.map(place),
    out: place(slot),
    start: first?.op === constantOp ? (first.attrs as { value: number }).value : null,
  });
}

function kernelOf(spec: KernelSpec, site: Site): Kernel | null {
  switch (spec.kind) {
    case 'conv':
      return conv(spec, site);
    case 'elements':
      return elements(spec, site);
    case 'slices':
      return slices(spec, site);
    case 'mark':
      return mark(spec, site);
    case 'position':
      return position(spec, site);
    case 'count':
      return count(site);
    case 'pool':
      return pool(spec, site);
    case 'sort':
      return sort(spec, site);
    case 'search':
      return search(spec, site);
    case 'cumulative':
      return cumulative(spec, site);
    case 'distance':
      return distance(spec, site);
    case 'random': {
      const size = sizeOf(site.instruction.shape);
      return { ...spec, count: size, inputs: site.inputs as [Place, Place], out: site.out };
    }
  }
}

function conv(
  { direction, groups, stride, padLow, padHigh, dilation }: Spec<'conv'>,
  { instruction, operands, inputs, out }: Site,
): Kernel | null {
  const [p, q] = operands as readonly [Instruction, Instruction];
  const roles: Record<ConvKernel['direction'], readonly [Instruction, Instruction, Instruction]> = {
    forward: [p, q, instruction],
    gradInput: [instruction, q, p],
    gradWeight: [p, instruction, q],
  };
  const [x, w, y] = roles[direction];
  if ([x, w, y].some((i) => sizeOf(i.shape) === 0 || i.dtype !== out.dtype)) return null;
  if (out.dtype !== 'float32' && out.dtype !== 'float64') return null;
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
    stride,
    padLow,
    padHigh,
    dilation,
    inputs: inputs as [Place, Place],
    out,
  };
}

function elements(
  { mode, dim }: Spec<'elements'>,
  { operands, inputs, out, start }: Site,
): Kernel | null {
  const [table, index] = operands as readonly [Instruction, Instruction];
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

function slices(
  { mode, dim }: Spec<'slices'>,
  { operands, inputs, out, start }: Site,
): Kernel | null {
  const [table, index] = operands as readonly [Instruction, Instruction];
  const { outer, length, inner } = around(table, dim);
  const count = sizeOf(index.shape);
  if (count === 0) return null;
  return {
    kind: 'index',
    mode,
    space: [outer, count, inner],
    limit: length,
    step: inner,
    index: [0, 1, 0],
    table: [length * inner, 0, 1],
    other: [count * inner, inner, 1],
    tableSize: sizeOf(table.shape),
    ...startOf(inputs, start),
    out,
  };
}

function mark({ count }: Spec<'mark'>, { operands, inputs, out }: Site): Kernel {
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

/** A shape as `[outer, length, inner]` around a dimension. */
function around(
  { shape }: Instruction,
  dim: number,
): { readonly outer: number; readonly length: number; readonly inner: number } {
  return {
    outer: sizeOf(shape.slice(0, dim)),
    length: shape[dim] ?? 1,
    inner: sizeOf(shape.slice(dim + 1)),
  };
}

function position(
  { largest, dim }: Spec<'position'>,
  { operands, inputs, out }: Site,
): Kernel | null {
  const [x] = operands as readonly [Instruction];
  if ((x.shape[dim] ?? 0) === 0) return null;
  return { kind: 'position', largest, ...around(x, dim), inputs: inputs as [Place], out };
}

function cumulative(
  { op, dim, reverse }: Spec<'cumulative'>,
  { operands, inputs, out }: Site,
): Kernel | null {
  if (op === 'recurrence' && inputs.some(({ dtype }) => dtype !== out.dtype || dtype === 'int32'))
    return null;
  return {
    kind: 'cumulative',
    op,
    reverse,
    ...around(operands[0] as Instruction, dim),
    inputs,
    out,
  };
}

/** Elements of a row beyond which there may be no room to sort it. */
const LONGEST_ROW = 2 ** 25;

function sort(
  { result, descending, dims }: Spec<'sort'>,
  { operands, inputs, out }: Site,
): Kernel | null {
  const { shape } = operands[0] as Instruction;
  const [first, last] = [Math.min(...dims), Math.max(...dims)];
  const length = sizeOf(shape.slice(first, last + 1));
  // The dimensions of a row must lie side by side.
  if (last - first + 1 !== dims.length || length === 0 || length > LONGEST_ROW) return null;
  return {
    kind: 'sort',
    result,
    descending,
    outer: sizeOf(shape.slice(0, first)),
    length,
    inner: sizeOf(shape.slice(last + 1)),
    inputs: inputs as [Place],
    out,
  };
}

function search(
  { right }: Spec<'search'>,
  { instruction, operands, inputs, out }: Site,
): Kernel | null {
  const { shape } = operands[0] as Instruction;
  if (inputs[0]?.dtype !== inputs[1]?.dtype) return null;
  const rows = sizeOf(shape.slice(0, -1));
  return {
    kind: 'search',
    right,
    rows,
    length: shape.at(-1) as number,
    each: sizeOf(instruction.shape) / rows,
    inputs: inputs as [Place, Place],
    out,
  };
}

function distance({ norm }: Spec<'distance'>, { operands, inputs, out }: Site): Kernel | null {
  const [x, y] = operands as readonly [Instruction, Instruction];
  const [rows, length] = x.shape.slice(-2) as [number, number];
  if (length === 0) return null;
  return {
    kind: 'distance',
    norm,
    batch: sizeOf(x.shape.slice(0, -2)),
    rows,
    others: y.shape.at(-2) as number,
    length,
    inputs: inputs as [Place, Place],
    out,
  };
}

function count({ instruction, out }: Site): Kernel {
  return {
    kind: 'loop',
    outer: instruction.shape,
    inner: [],
    inputs: [],
    body: [{ kind: 'index', dim: 0, dtype: 'int32' }],
    outputs: [{ ...out, strides: [1], value: 0 }],
  };
}

/** Windows with bounds of their own are listed in the code: more than this are not. */
const MOST_WINDOWS = 4096;

function pool(
  { mode, size, step, starts, ends }: Spec<'pool'>,
  { operands, inputs, out }: Site,
): Kernel | null {
  const { shape, dtype } = operands[0] as Instruction;
  if (dtype !== 'float32' && dtype !== 'float64') return null;
  const spans = size.map((n, d) => ({
    size: n,
    step: step?.[d] ?? 1,
    starts: starts[d] ?? [],
    ends: ends[d] ?? [],
  }));
  if (spans.length === 0 || spans.some((span) => span.starts.length > MOST_WINDOWS)) return null;
  const planes = sizeOf(shape.slice(0, shape.length - size.length));
  return { kind: 'pool', mode, planes, spans, inputs: inputs as [Place], out };
}
