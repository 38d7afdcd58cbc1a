/**
 * @file Splits off the part of a program that the host computes: scalars made from scalars alone, such as a learning rate and
 * the corrections of an optimizer. They stay exact, and are uploaded with the run.
 */
import type { Instruction, Program } from '../../engine/program.js';
import { constantOp, counterOp } from '../../graph/version.js';

/** The source of an input of the device's part: an input of the program, or a result of the host's part. */
export type Source =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'host'; readonly result: number };

/** A program in two parts. */
export interface Split {
  /** Null if the host has nothing to compute. */
  readonly host: Program | null;
  /** For each input of the host's part its index among the program's inputs. */
  readonly hostInputs: readonly number[];
  readonly device: Program;
  readonly sources: readonly Source[];
  /** For each output of the program the result of the part that computes it. */
  readonly outputs: readonly { readonly onHost: boolean; readonly result: number }[];
}

export function split(program: Program): Split {
  const { instructions, inputs, outputs } = program;
  const onHost = hostSlots(program);
  const isInput = new Set(inputs);
  const isLiteral = (slot: number): boolean =>
    instructions[slot]?.op === constantOp && !isInput.has(slot);
  // Numbers that the device reads, apart from literals.
  const sent = new Set<number>();
  const literals = new Set<number>();
  instructions.forEach((instruction, slot) => {
    if (onHost[slot] === 1) return;
    for (const x of instruction.inputs)
      if (onHost[x] === 1) (isLiteral(x) ? literals : sent).add(x);
  });
  const host = part(program, (slot) =>
    onHost[slot] === 0 ? 'absent' : isInput.has(slot) ? 'input' : 'here',
  );
  const device = part(program, (slot) => {
    if (onHost[slot] === 0) return isInput.has(slot) ? 'input' : 'here';
    return sent.has(slot) ? 'input' : literals.has(slot) ? 'here' : 'absent';
  });
  const hostOutputs: number[] = [];
  const resultOf = new Map<number, number>();
  const hostResult = (slot: number): number => {
    let at = resultOf.get(slot);
    if (at === undefined) resultOf.set(slot, (at = hostOutputs.push(host.now[slot]!) - 1));
    return at;
  };
  const deviceOutputs: number[] = [];
  const found = outputs.map((slot) =>
    onHost[slot] === 1
      ? { onHost: true, result: hostResult(slot) }
      : { onHost: false, result: deviceOutputs.push(device.now[slot]!) - 1 },
  );
  const inputAt = new Map(inputs.map((slot, k) => [slot, k]));
  const deviceInputs = device.inputs;
  const sources = deviceInputs.map((slot): Source =>
    onHost[slot] === 1
      ? { kind: 'host', result: hostResult(slot) }
      : { kind: 'input', index: inputAt.get(slot)! },
  );
  return {
    host:
      hostOutputs.length === 0
        ? null
        : {
            instructions: host.instructions,
            inputs: host.inputs.map((slot) => host.now[slot]!),
            outputs: hostOutputs,
          },
    hostInputs: host.inputs.map((slot) => inputAt.get(slot)!),
    device: {
      instructions: device.instructions,
      inputs: deviceInputs.map((slot) => device.now[slot]!),
      outputs: deviceOutputs,
    },
    sources,
    outputs: found,
  };
}

/** Marks scalars on the host, and what is made of them alone. */
function hostSlots({ instructions, inputs }: Program): Uint8Array {
  const onHost = new Uint8Array(instructions.length);
  const isInput = new Set(inputs);
  instructions.forEach((instruction, slot) => {
    const { op, shape, dtype } = instruction;
    if (shape.length > 0) return;
    if (isInput.has(slot) || op === null)
      onHost[slot] = instruction.onHost === true || dtype === 'float64' ? 1 : 0;
    else if (op === constantOp || op === counterOp) onHost[slot] = 1;
    else if (instruction.inputs.length > 0 && instruction.inputs.every((x) => onHost[x] === 1))
      onHost[slot] = 1;
  });
  return onHost;
}

interface Part {
  readonly instructions: Instruction[];
  /** As slots of the whole program. */
  readonly inputs: number[];
  readonly now: Int32Array;
}

function part(
  { instructions }: Program,
  role: (slot: number) => 'here' | 'input' | 'absent',
): Part {
  const now = new Int32Array(instructions.length).fill(-1);
  const kept: Instruction[] = [];
  const inputs: number[] = [];
  instructions.forEach((instruction, slot) => {
    const is = role(slot);
    if (is === 'absent') return;
    const { shape, dtype } = instruction;
    const origin = instruction.origin ?? slot;
    if (is === 'input') {
      inputs.push(slot);
      now[slot] = kept.push({ op: null, attrs: null, inputs: [], shape, dtype, origin }) - 1;
    } else {
      const from = instruction.inputs.map((x) => now[x]!);
      now[slot] = kept.push({ ...instruction, inputs: from, origin }) - 1;
    }
  });
  return { instructions: kept, inputs, now };
}
