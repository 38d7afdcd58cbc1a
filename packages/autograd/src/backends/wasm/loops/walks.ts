/** @file Pointers to the current position of a loop nest in each of its buffers. */
import type { FunctionBuilder, Word } from '../assembler/moduleBuilder.js';
import { SCRATCH } from '../assembler/kernelFunction.js';
import type { LaneAddress } from './laneMemory.js';
import type { LoopForm, Step } from './loopForm.js';
import { CACHE, type Nest, type Walk } from './loopNest.js';
import { I32 } from '../assembler/opcodes.js';

export class Walks {
  /** The walks that the current pass moves; if undefined, all but those over what passes keep. */
  active: ReadonlySet<Walk> | undefined;
  private readonly f: FunctionBuilder;
  private readonly nest: Nest;
  private readonly form: LoopForm;
  private readonly steps: ReadonlyMap<Walk, readonly Step[]>;
  /** Points per step along the vector level. */
  private readonly step: number;
  private pointers: ReadonlyMap<Walk, number>;

  constructor(f: FunctionBuilder, nest: Nest, step: number, form: LoopForm) {
    this.f = f;
    this.nest = nest;
    this.step = step;
    this.form = form;
    this.steps = new Map(form.walks.map((walk, w) => [walk, form.steps[w] as readonly Step[]]));
    this.pointers = this.start();
  }

  /** Pointers to the first element of each walk. */
  private start(): ReadonlyMap<Walk, number> {
    const { f, form } = this;
    const pointers = new Map<Walk, number>();
    form.walks.forEach((walk, w) => {
      const start = form.starts[w] as Word | 0;
      if (start !== 0 && walk.buffer !== CACHE) {
        pointers.set(walk, f.word(start));
        return;
      }
      const pointer = f.local('i32');
      f.push(start);
      if (walk.buffer === CACHE) f.get(SCRATCH).op(I32.add);
      f.set(pointer);
      pointers.set(walk, pointer);
    });
    return pointers;
  }

  /** A local that holds the size of a level. */
  size(level: number): number {
    return this.f.word(this.form.sizes[level] as Word);
  }

  /** Runs `body` with pointers of their own for walks that move along `level`, from step `start` on. */
  along(level: number, start: number | undefined, body: (moving: readonly Walk[]) => void): void {
    const { f } = this;
    const before = this.pointers;
    const pointers = new Map(before);
    // Outside of passes, what they keep stays: the next columns overwrite it.
    const moving = [...before.keys()].filter(
      (walk) => this.stepOf(walk, level) !== 0 && (this.active?.has(walk) ?? walk.buffer !== CACHE),
    );
    for (const walk of moving) {
      const pointer = f.local('i32');
      f.get(before.get(walk) as number);
      if (start !== undefined) {
        f.get(start);
        this.pushBytes(walk, level, level === this.nest.vector ? this.step : 1);
        f.op(I32.mul).op(I32.add);
      }
      f.set(pointer);
      pointers.set(walk, pointer);
    }
    this.pointers = pointers;
    body(moving);
    this.pointers = before;
  }

  /** Moves pointers on by `count` points along `level`. */
  advance(moving: readonly Walk[], level: number, count: number): void {
    if (count === 0) return;
    for (const walk of moving) {
      const pointer = this.pointer(walk);
      this.f.get(pointer);
      this.pushBytes(walk, level, count);
      this.f.op(I32.add).set(pointer);
    }
  }

  pointer(walk: Walk): number {
    return this.pointers.get(walk) as number;
  }

  /** The address of the lanes of one of the vectors side by side. */
  address(walk: Walk, copy: number): LaneAddress {
    const pointer = this.pointer(walk);
    const step = this.stepOf(walk, this.nest.vector);
    const first = copy * 4;
    return typeof step === 'number'
      ? { pointer, stride: step, offset: first * step * walk.size }
      : { pointer, stride: 'far', first, far: (lanes) => this.f.word(step, lanes) };
  }

  private stepOf(walk: Walk, level: number): Step {
    return (this.steps.get(walk) as readonly Step[])[level] as Step;
  }

  private pushBytes(walk: Walk, level: number, count: number): void {
    const step = this.stepOf(walk, level);
    if (typeof step === 'number') this.f.i32(step * walk.size * count);
    else this.f.get(this.f.word(step, count));
  }
}
