/**
 * @file Finds attention among the kernels of a program: products whose results only loops with a softmax read, and products
 * that sum what these loops make of them. They become kernels that never store the scores: one forward, and one each for rows
 * and columns backward, where the scores are recomputed from the maximum and the sum of each row.
 */
import { writtenBy, type Kernel } from '../../../engine/compile/kernel.js';
import type { Lowered } from '../../../engine/compile/lower.js';
import type { Instruction } from '../../../engine/program.js';
import type { Window } from '../../../engine/compile/windows.js';
import { same } from './grid.js';
import { InlinedBody, type Region } from './inlinedBody.js';
import { MAX_TILES, Regions, TILE, MAX_HEAD_COLUMNS, type Summing } from './regions.js';
import { softmaxOf, type ScoresKernel } from './scores.js';

/** A kernel over scores that replaces the kernels `members`. */
export interface ScoresStep {
  readonly kind: 'scores';
  readonly kernel: ScoresKernel;
  readonly members: readonly Kernel[];
  readonly slots: readonly number[];
  readonly writes: readonly number[];
}

/** The steps, with kernels of their own for attention. Slots for values of rows are added to `instructions`. */
export function withAttention(
  steps: readonly Lowered[],
  instructions: Instruction[],
  outputs: readonly number[],
  windows: readonly Window[],
): (Lowered | ScoresStep)[] {
  return steps.some(hasSoftmax)
    ? new Attention(steps, instructions, new Regions(steps, outputs, windows)).rewrite()
    : [...steps];
}

function hasSoftmax(step: Lowered): boolean {
  return (
    step.kind === 'kernel' && step.kernel.kind === 'loop' && softmaxOf(step.kernel.body) !== null
  );
}

class Attention {
  private readonly steps: readonly Lowered[];
  private readonly instructions: Instruction[];
  private readonly regions: Regions;

  constructor(steps: readonly Lowered[], instructions: Instruction[], regions: Regions) {
    this.steps = steps;
    this.instructions = instructions;
    this.regions = regions;
  }

  rewrite(): (Lowered | ScoresStep)[] {
    if (this.regions.regions.size === 0) return [...this.steps];
    const gone = new Set<number>();
    const made = new Map<number, ScoresStep>();
    // Sums down the columns come first: they determine which values of rows must be stored.
    for (const { at, step, members } of [...this.columnSteps(), ...this.rowSteps()]) {
      made.set(at, step);
      for (const member of members) gone.add(member);
    }
    for (const [buffer, { at }] of this.regions.dots)
      if (this.regions.isVirtual(buffer)) gone.add(at);
    return this.steps.flatMap((step, at): (Lowered | ScoresStep)[] => {
      const scores = made.get(at);
      if (scores !== undefined) return [scores];
      return gone.has(at) ? [] : [step];
    });
  }

  private inlined(): InlinedBody {
    return new InlinedBody(this.instructions, this.regions.points, (buffer) =>
      this.regions.isVirtual(buffer) ? (this.regions.dots.get(buffer)?.kernel ?? null) : null,
    );
  }

  private *rowSteps(): Generator<PositionedStep> {
    for (const region of [...this.regions.regions.values()].reverse()) {
      const sums = this.regions.sumsOf(region, 'rows');
      const inlined = this.inlined();
      const { kernel, grid } = region;
      const contractions = sums.map(({ value, kernel: { b, n, out } }) => ({
        value: inlined.ownValue(region, value),
        other: b,
        n,
        out,
      }));
      const kept = kernel.outputs.filter(({ strides }) => strides.length <= kernel.outer.length);
      const outputs = [
        ...kept.map((o) => ({ ...o, value: inlined.ownValue(region, o.value) })),
        ...[...region.rowSlots].map(([value, access]) => ({
          ...access,
          value: inlined.ownValue(region, value),
        })),
      ];
      const { inputs, body } = inlined;
      const { outer, inner } = kernel;
      const scores: ScoresKernel = {
        over: 'rows',
        ...grid,
        outer,
        inner,
        inputs,
        body,
        outputs,
        contractions,
      };
      const members = [region.at, ...sums.map(({ at }) => at)];
      const kernels = [kernel, ...sums.map((sum) => sum.kernel)];
      yield positionedStep(this.regions.endOf(region), members, scores, kernels, [
        ...region.slots,
        ...sums.map((sum) => sum.kernel.out.buffer),
      ]);
    }
  }

  private *columnSteps(): Generator<PositionedStep> {
    const all: Column[] = [...this.regions.regions.values()]
      .flatMap((region) => this.regions.sumsOf(region, 'columns').map((sum) => ({ region, sum })))
      .sort((x, y) => x.sum.at - y.sum.at);
    const groups: Column[][] = [];
    const positions = new Map<Column[], number>();
    for (const one of all) {
      const at = one.sum.at;
      const found = groups
        .map((group) => ({ group, at: this.joint(group, positions.get(group)!, one) }))
        .find((x) => x.at !== null);
      const group = found?.group ?? [];
      if (found === undefined) groups.push(group);
      group.push(one);
      positions.set(group, found?.at ?? at);
    }
    for (const group of groups) {
      const { kernel, grid } = group[0]!.region;
      const inlined = this.inlined();
      const contractions = group.map(({ region, sum: { value, kernel } }) => ({
        value: inlined.earlierValue(region, value),
        other: kernel.b,
        n: kernel.n,
        out: kernel.out,
      }));
      const { inputs, body } = inlined;
      const { outer, inner } = kernel;
      const scores: ScoresKernel = {
        over: 'columns',
        ...grid,
        outer,
        inner,
        inputs,
        body,
        outputs: [],
        contractions,
      };
      const kernels = group.map(({ sum }) => sum.kernel);
      yield positionedStep(
        positions.get(group)!,
        group.map(({ sum }) => sum.at),
        scores,
        kernels,
        kernels.map(({ out }) => out.buffer),
      );
    }
  }

  /** The step at which a sum down the columns can be computed together with a group; null if there is none. */
  private joint(group: readonly Column[], groupAt: number, one: Column): number | null {
    const all = [...group, one];
    const first = group[0]!.region;
    const { region, sum } = one;
    const width = all.reduce((n, { sum: { kernel } }) => n + Math.ceil(kernel.n / TILE) * TILE, 0);
    const dots = new Set(all.flatMap((one) => [...this.regions.dotsOf(one.region)]));
    if (
      !same(first.grid, region.grid) ||
      first.kernel.outer.join() !== region.kernel.outer.join() ||
      first.kernel.inner.join() !== region.kernel.inner.join() ||
      width > MAX_HEAD_COLUMNS ||
      Math.max(dots.size, all.length) > MAX_TILES
    )
      return null;
    const written = this.regions.uses.writersOf(sum.kernel.b.buffer);
    if (this.regions.endOf(region) < groupAt && written.every((at) => at < groupAt)) return groupAt;
    const writes = group.flatMap(({ sum: { kernel } }) => writtenBy(kernel));
    const members = new Set(group.map(({ sum: { at } }) => at));
    return this.regions.isFree(groupAt, sum.at, members, writes) ? sum.at : null;
  }
}

/** A sum down the columns, and the loop that computes its values. */
interface Column {
  readonly region: Region;
  readonly sum: Summing;
}

interface PositionedStep {
  readonly at: number;
  readonly members: readonly number[];
  readonly step: ScoresStep;
}

function positionedStep(
  at: number,
  members: readonly number[],
  kernel: ScoresKernel,
  kernels: readonly Kernel[],
  slots: readonly number[],
): PositionedStep {
  const written = [...kernel.outputs, ...kernel.contractions.map(({ out }) => out)];
  const writes = written.map(({ buffer }) => buffer);
  return { at, members, step: { kind: 'scores', kernel, members: kernels, slots, writes } };
}
