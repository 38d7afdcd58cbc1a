/**
 * @file Doubles made of a buffer of singles are not stored for later loops: each makes them again, from half the memory.
 */
import type { Instruction } from '../../program.js';
import type { Step } from '../steps.js';
import { Cluster, stridesIn, type Member, type Operand } from './cluster.js';

/**
 * The steps, in which loops read singles instead of doubles that another loop made of them; adds the casts to `instructions`.
 * Buffers that are `held` are part of others.
 */
export function withoutWideCasts(
  steps: readonly Step[],
  instructions: Instruction[],
  held: ReadonlySet<number>,
): Step[] {
  /** For each cast the buffer of singles, if its elements lie there in the order of the doubles. */
  const sources = new Map<number, Operand & { readonly kind: 'buffer' }>();
  return steps.map((step): Step => {
    if (step.kind !== 'cluster') return step;
    const { index, space, reduced, order } = step.cluster;
    const members = new Map<number, Member>();
    const reads = new Set<number>();
    for (const member of step.cluster.members.values()) {
      const { slot, layout } = member;
      const operands = member.operands.map((o): Operand => {
        if (o.kind === 'value') return o;
        const source = sources.get(o.base);
        reads.add((source ?? o).base);
        if (source === undefined) return o;
        const again = instructions.push(instructions[o.base] as Instruction) - 1;
        const from = { ...o, base: source.base, offset: source.offset + o.offset };
        members.set(again, { slot: again, layout: [], operands: [from] });
        return { kind: 'value', slot: again };
      });
      members.set(slot, { ...member, operands });
      const { op, dtype, shape } = instructions[slot] as Instruction;
      const [from] = operands;
      if (op?.name !== 'cast' || dtype !== 'float64' || from?.kind !== 'buffer') continue;
      if (instructions[from.base]?.dtype !== 'float32' || held.has(from.base)) continue;
      if (String(stridesIn(layout, shape, space.length)) === String(from.strides))
        sources.set(slot, from);
    }
    return {
      kind: 'cluster',
      cluster: new Cluster(index, space, { members, reads, reduced, order }),
    };
  });
}
