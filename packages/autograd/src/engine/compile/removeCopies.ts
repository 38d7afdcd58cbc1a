/**
 * @file Removes copies that need no kernel of their own: a loop that computes or reads the elements also writes them where
 * the copy would.
 *
 * So concatenated parts are written only once, and one value is stored in several places in one pass.
 */
import { bufferRefsOf, type Kernel, type LoopKernel } from './kernel.js';
import type { Access } from './bufferRef.js';

/** The same kernels without such copies. `persistent` are buffers that are read later. */
export function removeCopies(
  kernels: readonly Kernel[],
  persistent: ReadonlySet<number>,
): readonly Kernel[] {
  const left: (Kernel | null)[] = [...kernels];
  kernels.forEach((kernel, at) => {
    if (!isCopy(kernel)) return;
    const from = kernel.inputs[0] as Access;
    const to = kernel.outputs[0] as Access;
    const space = spaceOf(kernel);
    for (let i = at - 1; i >= 0; i--) {
      const before = left[i] ?? null;
      if (before === null) continue;
      if (isPointwise(before) && sameList(spaceOf(before), space)) {
        const value = valueAt(before, from, kernel);
        if (value !== null && before.inputs.every(({ buffer }) => buffer !== to.buffer)) {
          const stored = { ...to, strides: stridesOver(before, kernel, to), value };
          left[i] = { ...before, outputs: [...before.outputs, stored] };
          left[at] = null;
          dropUnread(left, i, from.buffer, persistent);
          return;
        }
      }
      if (!canReorder(before, kernel, from, to)) return;
    }
  });
  return left.filter((kernel) => kernel !== null);
}

function isPointwise(kernel: Kernel): kernel is LoopKernel {
  return kernel.kind === 'loop' && kernel.inner.length === 0;
}

function isCopy(kernel: Kernel): kernel is LoopKernel {
  return isPointwise(kernel) && kernel.body.length === 1 && kernel.inputs.length === 1;
}

/** The sizes of a loop's iteration space, without those that are 1. */
function spaceOf({ outer }: LoopKernel): number[] {
  return outer.filter((n) => n !== 1);
}

function stridesIn({ outer }: LoopKernel, { strides }: Access): number[] {
  return strides.filter((_, d) => outer[d] !== 1);
}

/** The strides of an access of `kernel` over the dimensions of `loop`. */
function stridesOver({ outer }: LoopKernel, kernel: LoopKernel, place: Access): number[] {
  const own = stridesIn(kernel, place);
  return outer.map((n) => (n === 1 ? 0 : (own.shift() as number)));
}

/** The value of a loop that a copy reads, if the loop stores or loads it. */
function valueAt(loop: LoopKernel, place: Access, copy: LoopKernel): number | null {
  const strides = stridesIn(copy, place);
  const isIt = (x: Access): boolean =>
    x.buffer === place.buffer && x.offset === place.offset && sameList(stridesIn(loop, x), strides);
  const stored = loop.outputs.find(isIt);
  if (stored !== undefined) return stored.value;
  // If it also writes elsewhere in the buffer, it may overwrite an element after loading it.
  if (loop.outputs.some(({ buffer }) => buffer === place.buffer)) return null;
  const k = loop.inputs.findIndex(isIt);
  const value = loop.body.findIndex((x) => x.kind === 'load' && x.input === k);
  return value >= 0 ? value : null;
}

/** Whether a copy may as well run before a kernel. */
function canReorder(kernel: Kernel, copy: LoopKernel, from: Access, to: Access): boolean {
  if (kernel.kind !== 'loop') {
    return bufferRefsOf(kernel).every(
      ({ buffer }, k, all) =>
        buffer !== to.buffer && (k < all.length - 1 || buffer !== from.buffer),
    );
  }
  if (kernel.inputs.some(({ buffer }) => buffer === to.buffer)) return false;
  return kernel.outputs.every(
    (x) => x.buffer !== from.buffer && (x.buffer !== to.buffer || areApart(x, kernel, to, copy)),
  );
}

/** Whether two loops write disjoint elements of a buffer, side by side, as concatenated parts do. */
function areApart(x: Access, xLoop: LoopKernel, y: Access, yLoop: LoopKernel): boolean {
  const whole = stridesIn(yLoop, y);
  return [...whole, Infinity].some((period) => {
    const a = within(x, xLoop, period);
    const b = within(y, yLoop, period);
    return a !== null && b !== null && (a.end <= b.start || b.end <= a.start);
  });
}

/** The range of elements within every `period` of a buffer; null if they cross its borders. */
function within(
  place: Access,
  loop: LoopKernel,
  period: number,
): { start: number; end: number } | null {
  if (period <= 0 || place.strides.some((s) => s < 0)) return null;
  const start = period === Infinity ? place.offset : place.offset % period;
  let end = start + 1;
  for (const [d, n] of loop.outer.entries()) {
    const stride = place.strides[d] as number;
    if (n === 1) continue;
    if (stride < period) end += (n - 1) * stride;
    else if (stride % period !== 0) return null;
  }
  return end <= period ? { start, end } : null;
}

/** Removes a store that nothing reads any more. */
function dropUnread(
  kernels: (Kernel | null)[],
  at: number,
  buffer: number,
  persistent: ReadonlySet<number>,
): void {
  if (persistent.has(buffer)) return;
  const loop = kernels[at] as LoopKernel;
  const isRead = kernels.some(
    (kernel, i) =>
      kernel !== null && i !== at && bufferRefsOf(kernel).some((place) => place.buffer === buffer),
  );
  if (isRead || loop.inputs.some((x) => x.buffer === buffer)) return;
  kernels[at] = { ...loop, outputs: loop.outputs.filter((x) => x.buffer !== buffer) };
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((x, k) => x === b[k]);
}
