/**
 * @file Doubles made of a buffer of singles are not stored for later loops: each makes them again, from half the memory.
 */
import type { Instruction } from '../../program.js';
import type { Step } from '../steps.js';
import { Cluster, stridesIn, type Member, type Operand } from './cluster.js';

type FromBuffer = Operand & { readonly kind: 'buffer' };

/**
 * The steps, in which loops read singles instead of doubles that another loop made of them; adds the casts to `instructions`.
 * `held` says whether a buffer is part of another one.
 */
export function withoutWideCasts(
  steps: readonly Step[],
  instructions: Instruction[],
  held: (buffer: number) => boolean,
): Step[] {
  /** For each cast the buffer of singles, if its elements lie there in the order of the doubles. */
  const sources = new Map<number, FromBuffer>();
  return steps.map((step): Step => {
    if (step.kind !== 'cluster') return step;
    const { cluster } = step;
    for (const member of cluster.members.values()) {
      const source = sourceOf(member, instructions, cluster);
      if (source !== null && !held(source.base)) sources.set(member.slot, source);
    }
    if (![...cluster.reads].some((base) => sources.has(base))) return step;
    return { kind: 'cluster', cluster: castingAgain(cluster, sources, instructions) };
  });
}

function sourceOf(
  { slot, layout, operands }: Member,
  instructions: readonly Instruction[],
  { space }: Cluster,
): FromBuffer | null {
  const { op, dtype, shape } = instructions[slot] as Instruction;
  const [from] = operands;
  if (op?.name !== 'cast' || dtype !== 'float64' || from?.kind !== 'buffer') return null;
  if ((instructions[from.base] as Instruction).dtype !== 'float32') return null;
  const own = stridesIn(layout, shape, space.length);
  return own.every((stride, d) => stride === from.strides[d]) ? from : null;
}

function castingAgain(
  { index, space, reduced, order, members: all }: Cluster,
  sources: ReadonlyMap<number, FromBuffer>,
  instructions: Instruction[],
): Cluster {
  const members = new Map<number, Member>();
  const reads = new Set<number>();
  const casts = new Map<string, number>();
  const again = (o: Operand): Operand => {
    if (o.kind === 'value') return o;
    const source = sources.get(o.base);
    reads.add(source?.base ?? o.base);
    if (source === undefined) return o;
    const key = `${o.base}:${o.offset}:${o.strides.join()}`;
    let slot = casts.get(key);
    if (slot === undefined) {
      slot = instructions.push(instructions[o.base] as Instruction) - 1;
      casts.set(key, slot);
      const from = { ...o, base: source.base, offset: source.offset + o.offset };
      members.set(slot, { slot, layout: [], operands: [from] });
    }
    return { kind: 'value', slot };
  };
  for (const member of all.values())
    members.set(member.slot, { ...member, operands: member.operands.map(again) });
  return new Cluster(index, space, { members, reads, reduced, order });
}
