/** @file Which primitives have a kernel of their own kind, and its description. */
import { sizeOf } from '../graph/shape.js';
import type { Attrs } from '../graph/primitive.js';
import type { ConvKernel, Kernel, Place } from './kernel.js';
import type { Instruction } from './program.js';

/** An instruction as a kernel is made from it. */
interface Site {
  readonly instruction: Instruction;
  readonly attrs: Attrs;
  readonly operands: readonly Instruction[];
  readonly inputs: readonly Place[];
  readonly out: Place;
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
  return rule({
    instruction,
    attrs: instruction.attrs ?? {},
    operands: operands.map((x) => instructions[x] as Instruction),
    inputs: operands.map(place),
    out: place(slot),
  });
}

const rules: Readonly<Record<string, Rule | undefined>> = {
  conv: (site) => conv(site, 'forward'),
  convInput: (site) => conv(site, 'gradInput'),
  convWeight: (site) => conv(site, 'gradWeight'),
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
