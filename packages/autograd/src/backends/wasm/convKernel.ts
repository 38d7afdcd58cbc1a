/**
 * @file Convolutions as matrix products: the windows of a block of places are spread out as a matrix that stays in the
 * second cache, and multiplied by the weights.
 *
 * Threads take images and groups. The gradient of the weights is summed over a fixed number of runs of images, whose
 * sums are added up afterwards, so that the number of threads changes no bit.
 */
import type { ConvKernel, LoopKernel } from '../../engine/kernel.js';
import type { ModuleBuilder } from './assembler.js';
import type { Scratch } from './chunkReductions.js';
import { ConvGeometry } from './convGeometry.js';
import { ConvWriter } from './convWriter.js';
import { SCRATCH } from './kernelFunction.js';
import type { CompiledKernel, KernelContext } from './kernelFunction.js';
import { forRange, zeroFill } from './nest.js';
import { I32 } from './opcodes.js';

/** Runs of images whose sums of the gradient of the weights are kept apart. */
const RUNS = 8;
/** Bytes that those sums may take; larger weights are shared out by channels instead. */
const RUN_BYTES = 4 * 2 ** 20;

export function compileConv(
  module: ModuleBuilder,
  kernel: ConvKernel,
  context: KernelContext,
  scratch: Scratch,
): (CompiledKernel | LoopKernel)[] {
  const compiler = new ConvCompiler(module, kernel, context);
  if (kernel.direction === 'forward') return [compiler.forward()];
  if (kernel.direction === 'gradInput') return [compiler.gradInput()];
  return compiler.gradWeight(scratch);
}

class ConvCompiler extends ConvWriter {
  forward(): CompiledKernel {
    const { f, kernel, item } = this;
    const { groups, outChannels } = kernel;
    const g = new ConvGeometry(kernel, this.elements, kernel.inChannels);
    const [x, w, y] = this.addresses(kernel.inputs[0], kernel.inputs[1], kernel.out);
    const a = { rows: g.depth * item, columns: item };
    const c = { rows: g.places * item, columns: item };
    const multiply = this.products(g, (n) => ({
      ...{ m: outChannels, n, k: g.depth, a, c },
      b: { rows: n * item, columns: item },
    }));
    const { padded, columns } = this.buffers(g);
    g.clearPadding(f, padded);
    const [image, weights, results, before] = this.locals(4);
    f.i32(-1).set(before);
    // Blocks of an image follow each other, so that a thread pads it once.
    this.units(kernel.batch * groups * g.blocks, (unit) => {
      const [whole, block] = this.locals(2);
      f.get(unit).i32(g.blocks).op(I32.divU).set(whole);
      f.get(unit).i32(g.blocks).op(I32.remU).set(block);
      f.get(whole).get(before).op(I32.ne);
      f.if(() => {
        this.at(image, x, whole, kernel.inChannels * g.area);
        if (g.pads) g.pad(f, image, padded);
        f.get(whole).i32(groups).op(I32.remU).set(before);
        this.at(weights, w, before, outChannels * g.depth);
        f.get(whole).set(before);
      });
      this.at(results, y, whole, outChannels * g.places);
      f.get(results)
        .get(block)
        .i32(g.blockPlaces * item);
      f.op(I32.mul).op(I32.add).set(results);
      const from = f.local('i32');
      f.get(g.pads ? padded : image)
        .get(block)
        .i32(g.blockStep);
      f.op(I32.mul).op(I32.add).set(from);
      this.byBlock(g, block, (places) => {
        g.spread(f, from, columns, places);
        f.get(weights).get(columns).get(results).get(SCRATCH).i32(0).call(multiply(places));
      });
    });
    return this.finished(g.paddedBytes + g.columnBytes);
  }

  gradInput(): CompiledKernel {
    const { f, kernel, item } = this;
    const { groups, outChannels, inChannels } = kernel;
    const g = new ConvGeometry(kernel, this.elements, inChannels);
    const [y, w, x] = this.addresses(kernel.inputs[0], kernel.inputs[1], kernel.out);
    const a = { rows: item, columns: g.depth * item };
    const b = { rows: g.places * item, columns: item };
    const multiply = this.products(g, (n) => ({
      ...{ m: g.depth, n, k: outChannels, a, b },
      c: { rows: n * item, columns: item },
    }));
    const { padded, columns } = this.buffers(g);
    const [image, weights, results, group] = this.locals(4);
    const crops = [...kernel.padLow, ...kernel.padHigh].some((n) => n < 0);
    this.units(kernel.batch * groups, (unit) => {
      f.get(unit).i32(groups).op(I32.remU).set(group);
      this.at(image, x, unit, inChannels * g.area);
      this.at(weights, w, group, outChannels * g.depth);
      this.at(results, y, unit, outChannels * g.places);
      if (g.pads) zeroFill(f, padded, g.paddedBytes);
      if (!g.pads || crops) zeroFill(f, image, inChannels * g.area * item);
      const into = f.local('i32');
      f.get(g.pads ? padded : image).set(into);
      this.eachBlock(g, (places) => {
        f.get(weights).get(results).get(columns).get(SCRATCH).i32(0).call(multiply(places));
        g.gatherBack(f, into, columns, places);
        f.advance(into, g.blockStep).advance(results, g.blockPlaces * item);
      });
      if (g.pads) g.crop(f, padded, image);
    });
    return this.finished(g.paddedBytes + g.columnBytes);
  }

  gradWeight(scratch: Scratch): (CompiledKernel | LoopKernel)[] {
    const { f, kernel, item } = this;
    const { batch, groups, outChannels, inChannels } = kernel;
    const taps = kernel.window.reduce((all, n) => all * n, 1);
    const sums = groups * inChannels * taps * outChannels;
    const apart = sums * item * RUNS <= RUN_BYTES;
    const runs = apart ? Math.min(RUNS, batch) : 1;
    const parts = apart ? 1 : divisor(inChannels, 2 * RUNS);
    const channels = inChannels / parts;
    const g = new ConvGeometry(kernel, this.elements, channels);
    const [x, y] = this.addresses(kernel.inputs[0], kernel.inputs[1]);
    // The transposed gradient, so that only the small y is packed.
    const multiply = this.products(g, (k) => ({
      ...{ m: g.depth, n: outChannels, k },
      a: { rows: k * item, columns: item },
      b: { rows: item, columns: g.places * item },
      c: { rows: outChannels * item, columns: item },
    }));
    const { padded, columns } = this.buffers(g);
    g.clearPadding(f, padded);
    const offset = scratch.bytes;
    scratch.bytes += Math.ceil((sums * runs * item + 64) / 64) * 64;

    const [image, results, into, part, group, run, first, end, at] = this.locals(9);
    const sum = f.local('i32');
    f.get(0)
      .memory(I32.load, scratch.entry * 4)
      .i32(offset)
      .op(I32.add)
      .set(sum);
    // Units count runs, groups and parts of the channels, the last the fastest.
    this.units(runs * groups * parts, (unit) => {
      f.get(unit).i32(parts).op(I32.remU).set(part);
      f.get(unit).i32(parts).op(I32.divU).i32(groups).op(I32.remU).set(group);
      f.get(unit)
        .i32(parts * groups)
        .op(I32.divU)
        .set(run);
      f.get(run).i32(batch).op(I32.mul).i32(runs).op(I32.divU).set(first);
      f.get(run).i32(1).op(I32.add).i32(batch).op(I32.mul).i32(runs).op(I32.divU).set(end);
      this.at(into, sum, unit, g.depth * outChannels);
      f.i32(0).set(at);
      forRange(f, first, end, (n) => {
        const whole = f.local('i32');
        f.get(n).i32(groups).op(I32.mul).get(group).op(I32.add).set(whole);
        this.at(results, y, whole, outChannels * g.places);
        f.get(whole).i32(parts).op(I32.mul).get(part).op(I32.add).set(whole);
        this.at(image, x, whole, channels * g.area);
        if (g.pads) g.pad(f, image, padded);
        const from = f.local('i32');
        f.get(g.pads ? padded : image).set(from);
        this.eachBlock(g, (places) => {
          g.spread(f, from, columns, places);
          f.get(columns).get(results).get(into).get(SCRATCH).get(at).call(multiply(places));
          f.advance(from, g.blockStep).advance(results, g.blockPlaces * item);
          f.i32(1).set(at);
        });
      });
    });
    const depth = inChannels * taps;
    const dtype = kernel.out.dtype;
    const added: LoopKernel = {
      kind: 'loop',
      outer: [groups, outChannels, depth],
      inner: runs > 1 ? [runs] : [],
      inputs: [
        {
          ...{ buffer: scratch.entry, dtype, offset: offset / item },
          strides: [depth * outChannels, 1, outChannels, ...(runs > 1 ? [sums] : [])],
        },
      ],
      body: [
        { kind: 'load', input: 0, dtype },
        ...(runs > 1 ? [{ kind: 'reduce' as const, op: 'sum' as const, arg: 0, dtype }] : []),
      ],
      outputs: [
        { ...kernel.out, strides: [outChannels * depth, depth, 1], value: runs > 1 ? 1 : 0 },
      ],
    };
    return [this.finished(g.paddedBytes + g.columnBytes), added];
  }
}

/** The largest divisor of `n` up to `most`. */
function divisor(n: number, most: number): number {
  let d = Math.min(n, most);
  while (n % d !== 0) d--;
  return d;
}
