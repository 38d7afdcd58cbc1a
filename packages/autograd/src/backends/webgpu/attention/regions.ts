/** @file The loops over scores that need not be stored, and the kernels that read them: the largest set that fits together. */
import type { LoopKernel, MatmulKernel } from '../../../engine/compile/kernel.js';
import { writtenBy } from '../../../engine/compile/kernel.js';
import type { Lowered } from '../../../engine/compile/lower.js';
import type { Window } from '../../../engine/compile/windows.js';
import { sizeOf } from '../../../graph/shape.js';
import { Uses } from '../steps/uses.js';
import { DIVISIONS } from '../wgsl/body.js';
import { gridOf, isPointOf, same, sumsOver, walks, type Grid } from './grid.js';
import type { Region } from './inlinedBody.js';
import { softmaxOf } from './scores.js';

/** The most columns of a head. */
export const MAX_HEAD_COLUMNS = 128;
/** The most tiles that fit into workgroup memory. */
export const MAX_TILES = 3;
/** Rows, or columns, per workgroup. */
export const TILE = 32;

/** A product that sums a value of a loop, and its index among the steps. */
export interface Summing {
  readonly at: number;
  readonly value: number;
  readonly kernel: MatmulKernel;
}

export class Regions {
  private readonly steps: readonly Lowered[];
  readonly uses: Uses;
  /** The products that compute scores, by the buffer of the scores. */
  readonly dots = new Map<
    number,
    { readonly at: number; readonly kernel: MatmulKernel; readonly grid: Grid }
  >();
  /** Loops over scores, by their index among the steps. */
  readonly regions = new Map<number, Region>();
  /** The loops that write one value per point, by the buffer. */
  readonly points = new Map<number, Region>();

  constructor(steps: readonly Lowered[], outputs: readonly number[], windows: readonly Window[]) {
    this.steps = steps;
    this.uses = new Uses(steps, outputs, windows);
    steps.forEach((step, at) => {
      if (step.kind !== 'kernel' || step.kernel.kind !== 'matmul') return;
      const { kernel } = step;
      const grid =
        kernel.k <= MAX_HEAD_COLUMNS && kernel.a.dtype === 'float32' ? gridOf(kernel) : null;
      const { buffer } = kernel.out;
      if (grid !== null && isWorthwhile(grid) && !this.uses.isStored(buffer))
        this.dots.set(buffer, { at, kernel, grid });
    });
    this.find();
  }

  /** Starts with all loops over scores, and removes those that do not fit until all fit. */
  private find(): void {
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

  /** Whether scores need not be stored: all their readers are loops of regions that read them point by point. */
  isVirtual(buffer: number): boolean {
    const dot = this.dots.get(buffer);
    if (dot === undefined) return this.points.has(buffer);
    return (
      !this.points.has(dot.kernel.a.buffer) &&
      this.uses.writersOf(buffer).length === 1 &&
      this.uses.readersOf(buffer).every((at) => this.readsPoints(at, buffer, dot.grid))
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
    // The first loop has a softmax, and the others depend on it.
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
    if (points.length === 0 || this.dotsOf(region).size > MAX_TILES) return false;
    const stored = points.every(
      (point) =>
        isPointOf(kernel, point) &&
        !this.uses.isStored(point.buffer) &&
        this.uses.writersOf(point.buffer).length === 1 &&
        this.uses
          .readersOf(point.buffer)
          .every(
            (at) =>
              this.readsPoints(at, point.buffer, grid) ||
              this.sumsAt(at, point.buffer, grid) !== null,
          ),
    );
    return stored && this.sumsOf(region, 'rows').length <= MAX_TILES && this.canWait(region);
  }

  /** The products of scores that a loop reads, directly or through other loops. */
  dotsOf({ kernel }: Region): Set<number> {
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
    return step.kernel.n <= MAX_HEAD_COLUMNS ? sumsOver(step.kernel, buffer, grid) : null;
  }

  /** The products that sum the values of a loop. */
  sumsOf({ kernel, grid }: Region, over: 'rows' | 'columns'): Summing[] {
    return kernel.outputs.flatMap(({ buffer, value }) =>
      this.uses.readersOf(buffer).flatMap((at): Summing[] => {
        if (this.sumsAt(at, buffer, grid) !== over) return [];
        return [{ at, value, kernel: (this.steps[at] as { kernel: MatmulKernel }).kernel }];
      }),
    );
  }

  /** Whether a loop may run as late as the last of its sums along rows. */
  private canWait(region: Region): boolean {
    const sums = this.sumsOf(region, 'rows');
    const writes = [region.kernel, ...sums.map(({ kernel }) => kernel)].flatMap(writtenBy);
    const members = new Set([region.at, ...sums.map(({ at }) => at)]);
    return this.isFree(region.at, this.endOf(region), members, writes);
  }

  /** Whether no step in between reads the buffers that would then be written later. */
  isFree(
    from: number,
    to: number,
    members: ReadonlySet<number>,
    writes: readonly number[],
  ): boolean {
    return writes.every((buffer) =>
      this.uses.readersOf(buffer).every((at) => at <= from || at > to || members.has(at)),
    );
  }

  /** The index of the step that becomes the kernel of a loop. */
  endOf(region: Region): number {
    return Math.max(region.at, ...this.sumsOf(region, 'rows').map(({ at }) => at));
  }
}

/** Few long rows are better split among workgroups. */
function isWorthwhile({ batch, rows, columns }: Grid): boolean {
  return columns <= 256 || sizeOf(batch) * Math.ceil(rows / TILE) >= 16;
}

function refuses(scalar: LoopKernel['body'][number]): boolean {
  return scalar.kind === 'op' && scalar.dtype === 'int32' && DIVISIONS.has(scalar.op);
}
