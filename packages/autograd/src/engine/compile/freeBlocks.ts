/** @file The gaps of a memory in which blocks are taken and given back: the smallest gap that fits is taken first. */

interface FreeBlock {
  readonly offset: number;
  readonly bytes: number;
}

export class FreeBlocks {
  /** The highest end of any block so far. */
  highest = 0;
  /** How many gaps were looked at. */
  visits = 0;
  /** Everything from here on is free. */
  private top = 0;
  /** By rising size, and gaps of one size by rising offset. */
  private readonly bySize: FreeBlock[] = [];
  private readonly byStart = new Map<number, FreeBlock>();
  private readonly byEnd = new Map<number, FreeBlock>();

  /** Takes a block of this many bytes and returns its offset. */
  allocate(bytes: number): number {
    if (bytes === 0) return 0;
    const gap = this.bySize[this.indexOf({ offset: 0, bytes })];
    if (gap === undefined) {
      const offset = this.top;
      this.top += bytes;
      this.highest = Math.max(this.highest, this.top);
      return offset;
    }
    this.remove(gap);
    if (gap.bytes > bytes) this.add({ offset: gap.offset + bytes, bytes: gap.bytes - bytes });
    return gap.offset;
  }

  /** Frees a block; adjacent gaps are merged. */
  free(offset: number, bytes: number): void {
    if (bytes === 0) return;
    const before = this.byEnd.get(offset);
    const after = this.byStart.get(offset + bytes);
    if (before !== undefined) this.remove(before);
    if (after !== undefined) this.remove(after);
    const start = before?.offset ?? offset;
    const end = offset + bytes + (after?.bytes ?? 0);
    if (end === this.top) this.top = start;
    else this.add({ offset: start, bytes: end - start });
  }

  private add(gap: FreeBlock): void {
    this.bySize.splice(this.indexOf(gap), 0, gap);
    this.byStart.set(gap.offset, gap);
    this.byEnd.set(gap.offset + gap.bytes, gap);
  }

  private remove(gap: FreeBlock): void {
    this.bySize.splice(this.indexOf(gap), 1);
    this.byStart.delete(gap.offset);
    this.byEnd.delete(gap.offset + gap.bytes);
  }

  /** The index in `bySize` of the first gap that is no smaller, or where one would be. */
  private indexOf({ offset, bytes }: FreeBlock): number {
    let low = 0;
    let high = this.bySize.length;
    while (low < high) {
      this.visits++;
      const middle = (low + high) >> 1;
      const gap = this.bySize[middle]!;
      if (gap.bytes < bytes || (gap.bytes === bytes && gap.offset < offset)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
