/** @file A body assembled from those of several loops over the same scores: values are recomputed instead of stored. */
import type { LoopKernel, MatmulKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';
import type { Instruction } from '../../../engine/program.js';
import { stridesOf } from '../../../graph/shape.js';
import type { Grid } from './grid.js';
import type { ScoreInput } from './scores.js';

/** A loop over scores. */
export interface Region {
  /** Its index among the steps. */
  readonly at: number;
  readonly kernel: LoopKernel;
  readonly slots: readonly number[];
  readonly grid: Grid;
  /** Where reductions that other kernels read are stored. */
  readonly rowSlots: Map<number, Access>;
}

export class InlinedBody {
  readonly inputs: ScoreInput[] = [];
  readonly body: Scalar[] = [];
  private readonly instructions: Instruction[];
  private readonly points: ReadonlyMap<number, Region>;
  private readonly dotOf: (buffer: number) => MatmulKernel | null;
  private readonly known = new Map<string, number>();

  /** `points` maps a buffer to the loop that would store its values, and `dotOf` returns the product that computes scores. */
  constructor(
    instructions: Instruction[],
    points: ReadonlyMap<number, Region>,
    dotOf: (buffer: number) => MatmulKernel | null,
  ) {
    this.instructions = instructions;
    this.points = points;
    this.dotOf = dotOf;
  }

  /** A value of the loop that becomes this kernel. */
  ownValue(region: Region, value: number): number {
    return this.value(region, value, true);
  }

  /** A value of a loop that has run before. */
  earlierValue(region: Region, value: number): number {
    return this.value(region, value, false);
  }

  private value(region: Region, i: number, own: boolean): number {
    return this.memoized(`${region.at}:${i}`, () => {
      const scalar = region.kernel.body[i]!;
      switch (scalar.kind) {
        case 'load':
          return this.load(region.kernel.inputs[scalar.input]!, scalar.dtype);
        case 'op': {
          const args = scalar.args.map((a) => this.value(region, a, own));
          return this.push({ ...scalar, args });
        }
        case 'reduce':
          if (own) return this.push({ ...scalar, arg: this.value(region, scalar.arg, own) });
          return this.loadElement(this.rowOf(region, i, scalar.dtype), scalar.dtype);
        default:
          return this.push(scalar);
      }
    });
  }

  private load(access: Access, dtype: Access['dtype']): number {
    const dot = this.dotOf(access.buffer);
    const producer = this.points.get(access.buffer);
    if (dot !== null)
      return this.memoized(`dot:${access.buffer}`, () => {
        const input = this.inputs.push({ kind: 'dot', a: dot.a, b: dot.b, k: dot.k }) - 1;
        return this.push({ kind: 'load', input, dtype });
      });
    if (producer === undefined) return this.loadElement(access, dtype);
    const { value } = producer.kernel.outputs.find(({ buffer }) => buffer === access.buffer)!;
    return this.value(producer, value, false);
  }

  private loadElement(access: Access, dtype: Access['dtype']): number {
    const { buffer, offset, strides } = access;
    return this.memoized(`at:${buffer}:${offset}:${strides.join()}`, () => {
      const input = this.inputs.push({ kind: 'element', access }) - 1;
      return this.push({ kind: 'load', input, dtype });
    });
  }

  /** The location of a reduction's result. */
  private rowOf({ kernel, rowSlots }: Region, i: number, dtype: Access['dtype']): Access {
    let access = rowSlots.get(i);
    if (access === undefined) {
      const { outer: shape, inner } = kernel;
      const slot: Instruction = { op: null, attrs: null, inputs: [], shape, dtype };
      const buffer = this.instructions.push(slot) - 1;
      const strides = [...stridesOf(shape), ...inner.map(() => 0)];
      access = { buffer, dtype, offset: 0, strides };
      rowSlots.set(i, access);
    }
    return access;
  }

  private push(scalar: Scalar): number {
    return this.body.push(scalar) - 1;
  }

  private memoized(key: string, make: () => number): number {
    let at = this.known.get(key);
    if (at === undefined) this.known.set(key, (at = make()));
    return at;
  }
}
