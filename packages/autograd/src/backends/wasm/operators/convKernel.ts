/**
 * @file Convolutions as matrix products: the windows of a block of places are unfolded into a matrix that stays in the L2
 * cache, and multiplied by the weights.
 *
 * Threads take images and groups. The gradient of the weights is summed over a fixed number of runs of images, whose sums are
 * added afterwards, so that the number of threads changes no bit.
 */
import type { LoopKernel } from '../../../engine/compile/kernel.js';
import type { ConvKernel } from '../../../engine/compile/operators.js';
import type { Word } from '../assembler/moduleBuilder.js';
import { Block, type FormedKernel, type Scratch } from '../assembler/block.js';
import { ConvGeometry } from './convGeometry.js';
import { convNumbers, ConvWriter, type ConvNumbers } from './convWriter.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { forRange, forShare, zeroFill } from '../assembler/nest.js';
import { I32 } from '../assembler/opcodes.js';

/** Below this many multiplications one thread is as fast as many. */
const SERIAL_WORK = 32 * 1024;
/** The most runs of images with separate sums for the gradient of the weights. */
const RUNS = 8;
/** The most bytes of those sums; for larger weights, threads take channels instead. */
const RUN_BYTES = 4 * 2 ** 20;

export function planConv(
  kernel: ConvKernel,
  context: KernelContext,
  scratch: Scratch,
): (FormedKernel | LoopKernel)[] {
  if (kernel.direction === 'forward') return [forward(kernel, context)];
  if (kernel.direction === 'gradInput') return [gradInput(kernel, context)];
  return gradWeight(kernel, context, scratch);
}

/** A convolution as a kernel that can be called. */
function formed(
  { direction, batch, groups, inChannels, outChannels, outSize, window }: ConvKernel,
  block: Block,
  numbers: ConvNumbers,
  write: (writer: ConvWriter, parallel: boolean) => void,
  more = '',
): FormedKernel {
  const work = [batch, groups, inChannels, outChannels, ...outSize, ...window];
  const parallel = work.reduce((all, n) => all * n, 1) >= SERIAL_WORK;
  return {
    key: `${direction} ${numbers.key} ${parallel} ${more}`,
    block,
    parallel,
    threadScratch: numbers.threadScratch,
    usesBlas: numbers.full.usesBlas || numbers.rest.usesBlas,
    write: (module) => {
      const writer = new ConvWriter(module, numbers);
      write(writer, parallel);
      return writer.f;
    },
  };
}

/** Bytes of an image, of the weights of a group, and of the places of an image. */
function bytesOf(block: Block, g: ConvGeometry): Record<'image' | 'weights' | 'results', Word> {
  const { outChannels } = g.kernel;
  return {
    image: block.number(g.channels * g.area * g.item),
    weights: block.number(outChannels * g.depth * g.item),
    results: block.number(outChannels * g.positions * g.item),
  };
}

function forward(kernel: ConvKernel, context: KernelContext): FormedKernel {
  const { batch, groups, inChannels, outChannels, inputs, out } = kernel;
  const g = new ConvGeometry(kernel, inChannels);
  const { item, depth } = g;
  const block = new Block();
  const [x, w, y] = [block.place(inputs[0]), block.place(inputs[1]), block.place(out)];
  const numbers = convNumbers(block, g, context, (n) => ({
    ...{ m: outChannels, n, k: depth },
    a: { rows: depth * item, columns: item },
    b: { rows: n * item, columns: item },
    c: { rows: g.positions * item, columns: item },
  }));
  const bytes = bytesOf(block, g);
  const [units, perImage] = [block.number(batch * groups * g.blocks), block.number(groups)];
  return formed(kernel, block, numbers, (writer, parallel) => {
    const { f, windows, padded, columns } = writer;
    windows.clearPadding(f, padded);
    const [image, weights, results, before, whole, part, from] = writer.locals(7);
    f.i32(-1).set(before);
    // The blocks of an image follow each other, so that a thread pads it once.
    forShare(f, units, parallel, (unit) => {
      f.get(unit).push(numbers.blocks).op(I32.divU).set(whole);
      f.get(unit).push(numbers.blocks).op(I32.remU).set(part);
      f.get(whole).get(before).op(I32.ne);
      f.if(() => {
        writer.at(image, x, whole, bytes.image);
        if (windows.pads) windows.pad(f, image, padded);
        f.get(whole).push(perImage).op(I32.remU).set(before);
        writer.at(weights, w, before, bytes.weights);
        f.get(whole).set(before);
      });
      writer.at(results, y, whole, bytes.results);
      f.get(results).get(part).push(numbers.placeStep).op(I32.mul).op(I32.add).set(results);
      f.get(windows.pads ? padded : image)
        .get(part)
        .push(numbers.imageStep);
      f.op(I32.mul).op(I32.add).set(from);
      writer.turnTo(part);
      writer.spread(from);
      writer.multiply(weights, columns, results, () => f.i32(0));
    });
  });
}

function gradInput(kernel: ConvKernel, context: KernelContext): FormedKernel {
  const { batch, groups, inChannels, outChannels, padLow, padHigh, inputs, out } = kernel;
  const g = new ConvGeometry(kernel, inChannels);
  const { item, depth } = g;
  const block = new Block();
  const [y, w, x] = [block.place(inputs[0]), block.place(inputs[1]), block.place(out)];
  const numbers = convNumbers(block, g, context, (n) => ({
    ...{ m: depth, n, k: outChannels },
    a: { rows: item, columns: depth * item },
    b: { rows: g.positions * item, columns: item },
    c: { rows: n * item, columns: item },
  }));
  const bytes = bytesOf(block, g);
  const [units, perImage] = [block.number(batch * groups), block.number(groups)];
  const crops = [...padLow, ...padHigh].some((n) => n < 0);
  const write = (writer: ConvWriter, parallel: boolean): void => {
    const { f, windows, padded, columns } = writer;
    const [image, weights, results, group, into] = writer.locals(5);
    forShare(f, units, parallel, (unit) => {
      f.get(unit).push(perImage).op(I32.remU).set(group);
      writer.at(image, x, unit, bytes.image);
      writer.at(weights, w, group, bytes.weights);
      writer.at(results, y, unit, bytes.results);
      if (windows.pads) zeroFill(f, padded, windows.paddedBytes);
      if (!windows.pads || crops) zeroFill(f, image, bytes.image);
      f.get(windows.pads ? padded : image).set(into);
      writer.eachBlock(into, results, () => {
        writer.multiply(weights, results, columns, () => f.i32(0));
        writer.gatherBack(into);
      });
      if (windows.pads) windows.crop(f, padded, image);
    });
  };
  return formed(kernel, block, numbers, write, String(crops));
}

function gradWeight(
  kernel: ConvKernel,
  context: KernelContext,
  scratch: Scratch,
): (FormedKernel | LoopKernel)[] {
  const { batch, groups, outChannels, inChannels, inputs, out, window } = kernel;
  const { dtype } = out;
  const taps = window.reduce((all, n) => all * n, 1);
  const sums = groups * inChannels * taps * outChannels;
  const geometry = new ConvGeometry(kernel, inChannels);
  const separateSums = sums * geometry.item * RUNS <= RUN_BYTES;
  const runs = separateSums ? Math.min(RUNS, batch) : 1;
  const parts = separateSums ? 1 : divisor(inChannels, 2 * RUNS);
  const g = new ConvGeometry(kernel, inChannels / parts);
  const { item } = g;
  const block = new Block();
  const [x, y] = [block.place(inputs[0]), block.place(inputs[1])];
  const partialSums = scratch.take(dtype, sums * runs + 16);
  const sum = block.place(partialSums);
  // Computes the transposed gradient, so that only the small y is packed.
  const numbers = convNumbers(block, g, context, (k) => ({
    ...{ m: g.depth, n: outChannels, k },
    a: { rows: k * item, columns: item },
    b: { rows: item, columns: g.positions * item },
    c: { rows: outChannels * item, columns: item },
  }));
  const bytes = bytesOf(block, g);
  const word = (n: number): Word => block.number(n);
  const [images, perImage, perGroup, perRun] = [word(batch), word(groups), word(parts), word(runs)];
  const units = word(runs * groups * parts);
  const write = (writer: ConvWriter, parallel: boolean): void => {
    const { f, windows, padded, columns } = writer;
    windows.clearPadding(f, padded);
    const [image, results, into, part, group, run, first, end, at, index, from] = writer.locals(11);
    // Units count runs, groups and parts of the channels, which vary fastest.
    forShare(f, units, parallel, (unit) => {
      f.get(unit).push(perGroup).op(I32.remU).set(part);
      f.get(unit).push(perGroup).op(I32.divU).push(perImage).op(I32.remU).set(group);
      f.get(unit).push(perGroup).op(I32.divU).push(perImage).op(I32.divU).set(run);
      f.get(run).push(images).op(I32.mul).push(perRun).op(I32.divU).set(first);
      f.get(run).i32(1).op(I32.add).push(images).op(I32.mul).push(perRun).op(I32.divU).set(end);
      writer.at(into, sum, unit, bytes.weights);
      f.i32(0).set(at);
      forRange(f, first, end, (n) => {
        f.get(n).push(perImage).op(I32.mul).get(group).op(I32.add).set(index);
        writer.at(results, y, index, bytes.results);
        f.get(index).push(perGroup).op(I32.mul).get(part).op(I32.add).set(index);
        writer.at(image, x, index, bytes.image);
        if (windows.pads) windows.pad(f, image, padded);
        f.get(windows.pads ? padded : image).set(from);
        writer.eachBlock(from, results, () => {
          writer.spread(from);
          writer.multiply(columns, results, into, () => f.get(at));
          f.i32(1).set(at);
        });
      });
    });
  };
  const depth = inChannels * taps;
  const more = runs > 1;
  const added: LoopKernel = {
    kind: 'loop',
    outer: [groups, outChannels, depth],
    inner: more ? [runs] : [],
    inputs: [
      { ...partialSums, strides: [depth * outChannels, 1, outChannels, ...(more ? [sums] : [])] },
    ],
    body: [
      { kind: 'load', input: 0, dtype },
      ...(more ? [{ kind: 'reduce' as const, op: 'sum' as const, arg: 0, dtype }] : []),
    ],
    outputs: [{ ...out, strides: [outChannels * depth, depth, 1], value: more ? 1 : 0 }],
  };
  return [formed(kernel, block, numbers, write), added];
}

/** The largest divisor of `n` up to `limit`. */
function divisor(n: number, limit: number): number {
  let d = Math.min(n, limit);
  while (n % d !== 0) d--;
  return d;
}
