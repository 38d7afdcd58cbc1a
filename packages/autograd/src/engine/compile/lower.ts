/** @file Lowering: turns a schedule into kernels over numbered buffers; a buffer's number is the slot of its instruction. */
import type { DType } from '../../graph/dtype.js';
import type { Primitive } from '../../graph/primitive.js';
import { broadcastStrides, stridesOf } from '../../graph/shape.js';
import { constantOp } from '../../graph/version.js';
import { COPY } from './compilerPrimitives.js';
import { Cluster, stridesIn, type Member, type Operand } from './loops/cluster.js';
import { isOrdered } from './foldOrder.js';
import type { Kernel, LoopKernel, MatmulKernel, Scalar } from './kernel.js';
import { joinKernel } from './joins.js';
import type { Access, BufferRef } from './bufferRef.js';
import { operatorKernel } from './operatorKernel.js';
import type { Instruction } from '../program.js';
import type { LoopStep, Part, Schedule } from './steps.js';
import { isRowMajor, type View } from './view.js';

/** A step made ready for a backend: a kernel, or a primitive that runs by its reference. */
export type Lowered =
  | { readonly kind: 'kernel'; readonly kernel: Kernel; readonly slots: readonly number[] }
  | { readonly kind: 'opaque'; readonly slot: number; readonly operands: readonly number[] }
  | LoopStep;

export function lower(schedule: Schedule): Lowered[] {
  const stored = storedSlots(schedule);
  return schedule.steps.flatMap((step): Lowered[] => {
    if (step.kind === 'loop') return [step];
    if (step.kind === 'opaque') {
      const kernel = operatorKernel(schedule.instructions, step.slot, step.operands);
      return [kernel === null ? step : { kind: 'kernel', kernel, slots: [step.slot] }];
    }
    if (step.kind === 'assemble') {
      const joined = joinKernel(schedule.instructions, step.slot, (_, i) =>
        partPlace(schedule.instructions, step.parts[i] as Part),
      );
      if (joined !== null) return [{ kind: 'kernel', kernel: joined, slots: [step.slot] }];
      return step.parts.map((part) => ({
        kind: 'kernel',
        kernel: partKernel(schedule.instructions, step.slot, part),
        slots: [step.slot],
      }));
    }
    if (step.kind === 'matmul') {
      return [
        { kind: 'kernel', kernel: matmulKernel(schedule.instructions, step), slots: [step.slot] },
      ];
    }
    const slots = [...step.cluster.members.keys()];
    return [
      { kind: 'kernel', kernel: loopKernel(schedule.instructions, step.cluster, stored), slots },
    ];
  });
}

/** The slots whose values are read outside of their own loop. */
function storedSlots({ steps, outputs, windows }: Schedule): Set<number> {
  const stored = new Set(outputs);
  for (const { within } of windows) stored.add(within);
  for (const step of steps) {
    if (step.kind === 'opaque' || step.kind === 'loop')
      for (const x of step.operands) stored.add(x);
    else if (step.kind === 'matmul') stored.add(step.a.base).add(step.b.base);
    else if (step.kind === 'assemble') for (const { view } of step.parts) stored.add(view.base);
    else for (const b of step.cluster.reads) stored.add(b);
  }
  return stored;
}

function loopKernel(
  instructions: readonly Instruction[],
  cluster: Cluster,
  stored: ReadonlySet<number>,
): LoopKernel {
  const dims = cluster.space.map((_, d) => d);
  const folded = dims.filter((d) => cluster.reduced?.has(d) === true);
  const outer = dims.filter((d) => !folded.includes(d));
  // Dimensions that are traversed as one become one, with the strides of the innermost.
  const levels = cluster.order?.levels ?? folded.map((d) => [d]);
  const inner = levels.map((level) => level.at(-1)!);
  const order = [...outer, ...inner];
  const arrange = (strides: readonly number[]): number[] => order.map((d) => strides[d]!);
  const inputs: Access[] = [];
  const loads = new Map<string, number>();
  const body: Scalar[] = [];
  const value = new Map<number, number>();

  const push = (scalar: Scalar): number => body.push(scalar) - 1;
  const operand = (o: Operand): number => {
    if (o.kind === 'value') return value.get(o.slot)!;
    const { op, attrs, dtype } = instructions[o.base] as Instruction;
    const key = `${o.base}:${o.offset}:${o.strides.join()}`;
    const known = loads.get(key);
    if (known !== undefined) return known;
    let at: number;
    if (op === constantOp) {
      at = push({ kind: 'const', value: (attrs as { value: number }).value, dtype });
    } else {
      inputs.push({ buffer: o.base, dtype, offset: o.offset, strides: arrange(o.strides) });
      at = push({ kind: 'load', input: inputs.length - 1, dtype });
    }
    loads.set(key, at);
    return at;
  };

  const outputs: (Access & { value: number })[] = [];
  for (const member of cluster.members.values()) {
    const { op, dtype } = instructions[member.slot] as Instruction;
    const args = member.operands.map(operand);
    const at = compute(op as Primitive, args, dtype, inner.length > 0, body, push);
    value.set(member.slot, at);
    if (stored.has(member.slot))
      outputs.push(storeOf(instructions, member, cluster, at, arrange, outer.length));
  }
  return {
    kind: 'loop',
    outer: outer.map((d) => cluster.space[d]!),
    inner: levels.map((level) => level.reduce((n, d) => n * cluster.space[d]!, 1)),
    along: cluster.order?.along ?? null,
    inputs,
    body,
    outputs,
  };
}

/** A fold as a loop of its own: over the same dimensions, in the same order, as in a loop that does more. */
export function foldKernel(
  instructions: readonly Instruction[],
  slot: number,
  dims: readonly number[],
  view: View,
): LoopKernel {
  const instruction = instructions[slot] as Instruction;
  const { shape, inputs } = instruction;
  const from = (instructions[inputs[0] as number] as Instruction).shape;
  const cluster = new Cluster(0, from);
  cluster.joinReduce(slot, shape, dims, view, from, isOrdered(instruction), () => true);
  return loopKernel(instructions, cluster, new Set([slot]));
}

function compute(
  op: Primitive,
  args: readonly number[],
  dtype: DType,
  folds: boolean,
  body: readonly Scalar[],
  push: (s: Scalar) => number,
): number {
  const first = args[0]!;
  if (op.lowering.kind === 'fold') {
    const from = (body[first] as Scalar).dtype;
    const arg = from === dtype ? first : push({ kind: 'op', op: 'cast', args: [first], dtype });
    // A fold over one element is that element.
    return folds ? push({ kind: 'reduce', op: op.lowering.fold, arg, dtype }) : arg;
  }
  return op === COPY ? first : push({ kind: 'op', op: op.name, args, dtype });
}

function storeOf(
  instructions: readonly Instruction[],
  { slot, layout }: Member,
  cluster: Cluster,
  value: number,
  arrange: (strides: readonly number[]) => number[],
  rows: number,
): Access & { value: number } {
  const { shape, dtype } = instructions[slot] as Instruction;
  const arranged = arrange(stridesIn(layout, shape, cluster.space.length));
  const along = layout.filter((d) => d >= 0).length;
  const perRow = cluster.reduced !== null && along < cluster.space.length;
  return {
    buffer: slot,
    dtype,
    offset: 0,
    strides: perRow ? arranged.slice(0, rows) : arranged,
    value,
  };
}

/** Where the elements of a part lie, if they are adjacent, in memory. */
function partPlace(instructions: readonly Instruction[], { view, shape }: Part): BufferRef | null {
  const { op, dtype } = instructions[view.base] as Instruction;
  if (op === constantOp || !isRowMajor(view, shape)) return null;
  return { buffer: view.base, dtype, offset: view.offset };
}

/** A kernel that writes one part of a buffer. */
export function partKernel(
  instructions: readonly Instruction[],
  slot: number,
  { view, shape, offset, strides, window = slot, adds = false }: Part,
): LoopKernel {
  const { dtype } = instructions[slot] as Instruction;
  const { op, attrs } = instructions[view.base] as Instruction;
  const known = op === constantOp;
  const scalar: Scalar = known
    ? { kind: 'const', value: (attrs as { value: number }).value, dtype }
    : { kind: 'load', input: 0, dtype };
  const inputs = known
    ? []
    : [{ buffer: view.base, dtype, offset: view.offset, strides: view.strides }];
  const body: Scalar[] = [scalar];
  const out = { buffer: window, dtype, offset, strides };
  if (adds) {
    body.push({ kind: 'load', input: inputs.push(out) - 1, dtype });
    body.push({ kind: 'op', op: 'add', args: [1, 0], dtype });
  }
  return {
    kind: 'loop',
    outer: shape,
    inner: [],
    inputs,
    body,
    outputs: [{ ...out, value: body.length - 1 }],
  };
}

export function matmulKernel(
  instructions: readonly Instruction[],
  {
    slot,
    a,
    b,
    along,
  }: {
    readonly slot: number;
    readonly a: View;
    readonly b: View;
    readonly along: 'row' | 'column';
  },
): MatmulKernel {
  const { op, shape, attrs, inputs, dtype } = instructions[slot] as Instruction;
  const { lowering } = op as Primitive;
  if (lowering.kind !== 'product') throw new Error('lower: a product is made of a product alone');
  const transposed = lowering.transposed(attrs ?? {});
  const batch = shape.slice(0, -2);
  const [m = 0, n = 0] = shape.slice(-2);
  const shapeA = (instructions[inputs[0]!] as Instruction).shape;
  const shapeB = (instructions[inputs[1]!] as Instruction).shape;
  const [k = 0] = transposed.a ? shapeA.slice(-2) : shapeA.slice(-1);
  const access = (view: typeof a, own: readonly number[], transposed: boolean): Access => {
    const lead = own.slice(0, -2);
    const repeat = broadcastStrides(lead, batch);
    const offset = batch.length - lead.length;
    const [r = 0, c = 0] = view.strides.slice(-2);
    return {
      buffer: view.base,
      dtype,
      offset: view.offset,
      strides: [
        ...batch.map((_, d) =>
          d < offset || (repeat[d] === 0 && lead[d - offset] === 1) ? 0 : view.strides[d - offset]!,
        ),
        ...(transposed ? [c, r] : [r, c]),
      ],
    };
  };
  return {
    kind: 'matmul',
    batch,
    m,
    n,
    k,
    a: access(a, shapeA, transposed.a),
    b: access(b, shapeB, transposed.b),
    out: { buffer: slot, dtype, offset: 0, strides: stridesOf(shape) },
    along,
  };
}
