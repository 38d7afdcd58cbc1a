/**
 * @file Attention found among the kernels of a program: products whose results only loops with a softmax read, and products
 * that sum up what these make of them. They become kernels that never store the scores: one forward, and one each for rows
 * and columns backward, where the scores are computed again from the maximum and the sum of each row.
 */
import type { Kernel, LoopKernel, MatmulKernel } from '../../../engine/compile/kernel.js';
import { placesOf, writtenBy } from '../../../engine/compile/kernel.js';
import type { Lowered } from '../../../engine/compile/lower.js';
import type { Instruction } from '../../../engine/program.js';
import { sizeOf } from '../../../graph/shape.js';
import { DIVISIONS } from '../wgsl/body.js';
import { gridOf, isPointOf, sumsOver, walks, type Grid } from './grid.js';
import { Inlined, type Region } from './inlined.js';
import { softmaxOf, type ScoresKernel } from './scores.js';

/** A kernel over scores in the place of the kernels `members`. */
export interface ScoresStep {
  readonly kind: 'scores';
  readonly kernel: ScoresKernel;
  readonly members: readonly Kernel[];
  readonly slots: readonly number[];
  readonly writes: readonly number[];
}

/** The widest heads. */
const WIDEST = 128;
/** What a workgroup's memory holds. */
const MOST_TILES = 3;
/** Rows, or columns, of a workgroup. */
const TILE = 32;

/** The steps, with attention in kernels of its own. Slots for values of rows are added to `instructions`. */
export function withAttention(
  steps: readonly Lowered[],
  instructions: Instruction[],
  outputs: readonly number[],
): (Lowered | ScoresStep)[] {
  return steps.some(hasSoftmax)
    ? new Attention(steps, instructions, outputs).rewrite()
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
  private readonly outputs: ReadonlySet<number>;
  /** The steps that read or write each buffer. */
  private readonly readers = new Map<number, number[]>();
  private readonly writers = new Map<number, number[]>();
  /** Products by the buffer of their scores, and where loops over such scores stand. */
  private readonly dots = new Map<
    number,
    { readonly at: number; readonly kernel: MatmulKernel; readonly grid: Grid }
  >();
  private readonly regions = new Map<number, Region>();
  /** The loops that write values of points, by the buffer. */
  private readonly points = new Map<number, Region>();

  constructor(steps: readonly Lowered[], instructions: Instruction[], outputs: readonly number[]) {
    this.steps = steps;
    this.instructions = instructions;
    this.outputs = new Set(outputs);
    steps.forEach((step, at) => {
      const { reads, writes } = touched(step);
      for (const buffer of reads) note(this.readers, buffer, at);
      for (const buffer of writes) note(this.writers, buffer, at);
      if (step.kind !== 'kernel' || step.kernel.kind !== 'matmul') return;
      const { kernel } = step;
      const grid = kernel.k <= WIDEST && kernel.a.dtype === 'float32' ? gridOf(kernel) : null;
      const { buffer } = kernel.out;
      if (grid !== null && pays(grid) && !this.outputs.has(buffer))
        this.dots.set(buffer, { at, kernel, grid });
    });
  }

  rewrite(): (Lowered | ScoresStep)[] {
    this.findRegions();
    if (this.regions.size === 0) return [...this.steps];
    const gone = new Set<number>();
    const made = new Map<number, ScoresStep>();
    // Those down the columns first: they say what values of rows they need.
    for (const { at, step, members } of [...this.columnSteps(), ...this.rowSteps()]) {
      made.set(at, step);
      for (const member of members) gone.add(member);
    }
    for (const [buffer, { at }] of this.dots) if (this.isVirtual(buffer)) gone.add(at);
    return this.steps.flatMap((step, at): (Lowered | ScoresStep)[] => {
      const scores = made.get(at);
      if (scores !== undefined) return [scores];
      return gone.has(at) ? [] : [step];
    });
  }

  /** All loops over scores, less those for which something does not fit, until all fit. */
  private findRegions(): void {
    this.steps.forEach((step, at) => {
      if (step.kind !== 'kernel' || step.kernel.kind !== 'loop') return;
      const { kernel, slots } = step;
      if (kernel.inner.length === 0 || kernel.body.some(refuses)) return;
      const rank = kernel.outer.length;
      const scores = kernel.inputs.map(({ buffer }) => this.gridAt(buffer)).find((x) => x !== null);
      if (scores === undefined || scores === null || !walks(kernel, scores)) return;
      const points = kernel.outputs.filter(({ strides }) => strides.length > rank);
      const region: Region = { at, kernel, slots, grid: scores, rowSlots: new Map() };
      this.regions.set(at, region);
      for (const { buffer } of points) this.points.set(buffer, region);
    });
    for (let before = -1; before !== this.regions.size;) {
      before = this.regions.size;
      for (const region of [...this.regions.values()]) if (!this.fits(region)) this.drop(region);
    }
  }

  private gridAt(buffer: number): Grid | null {
    return this.dots.get(buffer)?.grid ?? this.points.get(buffer)?.grid ?? null;
  }

  private drop({ at, kernel }: Region): void {
    this.regions.delete(at);
    for (const { buffer } of kernel.outputs) this.points.delete(buffer);
  }

  /** Whether scores need not be stored: all that read them are loops of regions, at their points. */
  private isVirtual(buffer: number): boolean {
    const dot = this.dots.get(buffer);
    if (dot === undefined) return this.points.has(buffer);
    return (
      !this.points.has(dot.kernel.a.buffer) &&
      this.writers.get(buffer)?.length === 1 &&
      (this.readers.get(buffer) ?? []).every((at) => this.readsPoints(at, buffer, dot.grid))
    );
  }

  private readsPoints(at: number, buffer: number, grid: Grid): boolean {
    const region = this.regions.get(at);
    return (
      region !== undefined &&
      same(region.grid, grid) &&
      region.kernel.inputs.every((x) => x.buffer !== buffer || isPointOf(region.kernel, x))
    );
  }

  private fits(region: Region): boolean {
    const { kernel, grid } = region;
    const rank = kernel.outer.length;
    const inputs = kernel.inputs.filter(({ buffer }) => this.isVirtual(buffer));
    const producers = inputs.flatMap(({ buffer }) => this.points.get(buffer) ?? []);
    // The first has a softmax, and the others belong to it.
    if (inputs.length === 0 || (producers.length === 0 && softmaxOf(kernel.body) === null))
      return false;
    for (const producer of producers)
      if (
        producer.at >= region.at ||
        producer.kernel.outer.join() !== kernel.outer.join() ||
        producer.kernel.inner.join() !== kernel.inner.join()
      )
        return false;
    const points = kernel.outputs.filter(({ strides }) => strides.length > rank);
    if (points.length === 0 || this.dotsOf(region).size > MOST_TILES) return false;
    const stored = points.every(
      (point) =>
        isPointOf(kernel, point) &&
        !this.outputs.has(point.buffer) &&
        this.writers.get(point.buffer)?.length === 1 &&
        (this.readers.get(point.buffer) ?? []).every(
          (at) =>
            this.readsPoints(at, point.buffer, grid) ||
            this.sumsAt(at, point.buffer, grid) !== null,
        ),
    );
    return stored && this.sumsOf(region, 'rows').length <= MOST_TILES && this.canWait(region);
  }

  /** The products of scores that a loop reads, also by way of others. */
  private dotsOf({ kernel }: Region): Set<number> {
    const found = new Set<number>();
    for (const { buffer } of kernel.inputs) {
      if (this.dots.has(buffer)) found.add(buffer);
      const producer = this.points.get(buffer);
      if (producer !== undefined) for (const dot of this.dotsOf(producer)) found.add(dot);
    }
    return found;
  }

  private sumsAt(at: number, buffer: number, grid: Grid): 'rows' | 'columns' | null {
    const step = this.steps[at] as Lowered;
    if (step.kind !== 'kernel' || step.kernel.kind !== 'matmul') return null;
    return step.kernel.n <= WIDEST ? sumsOver(step.kernel, buffer, grid) : null;
  }

  /** The products that sum up what a loop gives. */
  private sumsOf({ kernel, grid }: Region, over: 'rows' | 'columns'): Summing[] {
    return kernel.outputs.flatMap(({ buffer, value }) =>
      (this.readers.get(buffer) ?? []).flatMap((at): Summing[] => {
        if (this.sumsAt(at, buffer, grid) !== over) return [];
        return [{ at, value, kernel: (this.steps[at] as { kernel: MatmulKernel }).kernel }];
      }),
    );
  }

  /** Whether a loop may run where the last of its sums along rows stands. */
  private canWait(region: Region): boolean {
    const sums = this.sumsOf(region, 'rows');
    const writes = [region.kernel, ...sums.map(({ kernel }) => kernel)].flatMap(writtenBy);
    const members = new Set([region.at, ...sums.map(({ at }) => at)]);
    return this.isFree(region.at, this.endOf(region), members, writes);
  }

  /** Whether no step between two reads what is written later then. */
  private isFree(
    from: number,
    to: number,
    members: ReadonlySet<number>,
    writes: readonly number[],
  ): boolean {
    return writes.every((buffer) =>
      (this.readers.get(buffer) ?? []).every((at) => at <= from || at > to || members.has(at)),
    );
  }

  private inlined(): Inlined {
    return new Inlined(this.instructions, this.points, (buffer) =>
      this.isVirtual(buffer) ? (this.dots.get(buffer)?.kernel ?? null) : null,
    );
  }

  private *rowSteps(): Generator<Placed> {
    for (const region of [...this.regions.values()].reverse()) {
      const sums = this.sumsOf(region, 'rows');
      const inlined = this.inlined();
      const { kernel, grid } = region;
      const contractions = sums.map(({ value, kernel: { b, n, out } }) => ({
        value: inlined.own(region, value),
        other: b,
        n,
        out,
      }));
      const kept = kernel.outputs.filter(({ strides }) => strides.length <= kernel.outer.length);
      const outputs = [
        ...kept.map((o) => ({ ...o, value: inlined.own(region, o.value) })),
        ...[...region.rowSlots].map(([value, access]) => ({
          ...access,
          value: inlined.own(region, value),
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
      yield placed(this.endOf(region), members, scores, kernels, [
        ...region.slots,
        ...sums.map((sum) => sum.kernel.out.buffer),
      ]);
    }
  }

  private *columnSteps(): Generator<Placed> {
    const all: Column[] = [...this.regions.values()]
      .flatMap((region) => this.sumsOf(region, 'columns').map((sum) => ({ region, sum })))
      .sort((x, y) => x.sum.at - y.sum.at);
    const groups: Column[][] = [];
    const places = new Map<Column[], number>();
    for (const one of all) {
      const at = one.sum.at;
      const found = groups
        .map((group) => ({ group, at: this.joint(group, places.get(group)!, one) }))
        .find((x) => x.at !== null);
      const group = found?.group ?? [];
      if (found === undefined) groups.push(group);
      group.push(one);
      places.set(group, found?.at ?? at);
    }
    for (const group of groups) {
      const { kernel, grid } = group[0]!.region;
      const inlined = this.inlined();
      const contractions = group.map(({ region, sum: { value, kernel } }) => ({
        value: inlined.elsewhere(region, value),
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
      yield placed(
        places.get(group)!,
        group.map(({ sum }) => sum.at),
        scores,
        kernels,
        kernels.map(({ out }) => out.buffer),
      );
    }
  }

  /** Where a sum down the columns and those of a group can be taken together; null if nowhere. */
  private joint(group: readonly Column[], groupAt: number, one: Column): number | null {
    const all = [...group, one];
    const first = group[0]!.region;
    const { region, sum } = one;
    const width = all.reduce((n, { sum: { kernel } }) => n + Math.ceil(kernel.n / 8) * 8, 0);
    const dots = new Set(all.flatMap((one) => [...this.dotsOf(one.region)]));
    if (
      !same(first.grid, region.grid) ||
      first.kernel.outer.join() !== region.kernel.outer.join() ||
      first.kernel.inner.join() !== region.kernel.inner.join() ||
      width > WIDEST ||
      Math.max(dots.size, all.length) > MOST_TILES
    )
      return null;
    const written = this.writers.get(sum.kernel.b.buffer) ?? [];
    if (this.endOf(region) < groupAt && written.every((at) => at < groupAt)) return groupAt;
    const writes = group.flatMap(({ sum: { kernel } }) => writtenBy(kernel));
    const members = new Set(group.map(({ sum: { at } }) => at));
    return this.isFree(groupAt, sum.at, members, writes) ? sum.at : null;
  }

  /** Where the kernel of a loop stands. */
  private endOf(region: Region): number {
    return Math.max(region.at, ...this.sumsOf(region, 'rows').map(({ at }) => at));
  }
}

/** A product that sums up a value of a loop, and where it stands. */
interface Summing {
  readonly at: number;
  readonly value: number;
  readonly kernel: MatmulKernel;
}

/** A sum down the columns, and the loop of its value. */
interface Column {
  readonly region: Region;
  readonly sum: Summing;
}

interface Placed {
  readonly at: number;
  readonly members: readonly number[];
  readonly step: ScoresStep;
}

function placed(
  at: number,
  members: readonly number[],
  kernel: ScoresKernel,
  kernels: readonly Kernel[],
  slots: readonly number[],
): Placed {
  const written = [...kernel.outputs, ...kernel.contractions.map(({ out }) => out)];
  const writes = written.map(({ buffer }) => buffer);
  return { at, members, step: { kind: 'scores', kernel, members: kernels, slots, writes } };
}

/** Few rows that are long are better split among workgroups. */
function pays({ batch, rows, columns }: Grid): boolean {
  return columns <= 256 || sizeOf(batch) * Math.ceil(rows / TILE) >= 16;
}

function refuses(scalar: LoopKernel['body'][number]): boolean {
  return scalar.kind === 'op' && scalar.dtype === 'int32' && DIVISIONS.has(scalar.op);
}

function same(x: Grid, y: Grid): boolean {
  return x.rows === y.rows && x.columns === y.columns && x.batch.join() === y.batch.join();
}

function note(map: Map<number, number[]>, buffer: number, at: number): void {
  const found = map.get(buffer);
  if (found === undefined) map.set(buffer, [at]);
  else if (found.at(-1) !== at) found.push(at);
}

function touched(step: Lowered): { reads: readonly number[]; writes: readonly number[] } {
  if (step.kind === 'loop') return { reads: step.operands, writes: [...step.results.values()] };
  if (step.kind === 'opaque') return { reads: step.operands, writes: [step.slot] };
  const writes = writtenBy(step.kernel);
  const own = new Set<unknown>(
    step.kernel.kind === 'loop' ? step.kernel.outputs : [step.kernel.out],
  );
  const reads = placesOf(step.kernel).filter((place) => !own.has(place));
  return { reads: reads.map(({ buffer }) => buffer), writes };
}
