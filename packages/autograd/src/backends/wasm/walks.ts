/** @file Pointers to where a loop nest stands in each of its buffers. */
import type { FunctionBuilder } from './assembler.js';
import { FOLD_BYTES, loadAddress, SCRATCH } from './kernelFunction.js';
import type { LaneAddress } from './laneMemory.js';
import type { Nest, Walk } from './loopNest.js';
import { I32 } from './opcodes.js';

export class Walks {
  /** Those that the present pass moves; all of them where it is undefined. */
  active: ReadonlySet<Walk> | undefined;
  private readonly f: FunctionBuilder;
  private readonly nest: Nest;
  /** Points that a step along the vector level covers. */
  private readonly step: number;
  private pointers: ReadonlyMap<Walk, number>;

  constructor(f: FunctionBuilder, nest: Nest, step: number, caches: Iterable<Walk>) {
    this.f = f;
    this.nest = nest;
    this.step = step;
    this.pointers = this.start([
      ...nest.inputs,
      ...nest.outputs,
      ...nest.coordinates.values(),
      ...caches,
    ]);
  }

  /** Pointers to the first element of each. */
  private start(walks: readonly Walk[]): ReadonlyMap<Walk, number> {
    const { f } = this;
    const known = new Map<string, number>();
    const pointers = new Map<Walk, number>();
    for (const walk of walks) {
      const key = `${walk.buffer}:${walk.offset * walk.size}`;
      let pointer = walk.buffer >= 0 ? known.get(key) : undefined;
      if (pointer === undefined) {
        pointer = f.local('i32');
        known.set(key, pointer);
        if (walk.buffer >= 0) loadAddress(f, walk.buffer);
        else if (walk.buffer === -1) f.i32(0);
        else f.get(SCRATCH);
        const bytes = walk.buffer === -2 ? FOLD_BYTES + walk.offset : walk.offset * walk.size;
        if (bytes !== 0) f.i32(bytes).op(I32.add);
        f.set(pointer);
      }
      pointers.set(walk, pointer);
    }
    return pointers;
  }

  /** Runs `body` with pointers of their own for what moves along `level`, from step `start` on. */
  along(level: number, start: number | undefined, body: (moving: readonly Walk[]) => void): void {
    const { f } = this;
    const before = this.pointers;
    const pointers = new Map(before);
    const moving = [...before.keys()].filter(
      (walk) => walk.strides[level] !== 0 && (this.active === undefined || this.active.has(walk)),
    );
    for (const walk of moving) {
      const pointer = f.local('i32');
      f.get(before.get(walk) as number);
      if (start !== undefined) {
        f.get(start).i32(this.bytes(walk, level) * (level === this.nest.vector ? this.step : 1));
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
    for (const walk of moving) this.f.advance(this.pointer(walk), this.bytes(walk, level) * count);
  }

  pointer(walk: Walk): number {
    return this.pointers.get(walk) as number;
  }

  /** Where the lanes of one of the vectors side by side are. */
  address(walk: Walk, copy: number): LaneAddress {
    const stride = walk.strides[this.nest.vector] as number;
    return { pointer: this.pointer(walk), offset: copy * 4 * stride * walk.size, stride };
  }

  private bytes(walk: Walk, level: number): number {
    return (walk.strides[level] as number) * walk.size;
  }
}
