/** @file Running sums, products and extremes along rows, and linear recurrences. Threads take rows. */
import type { ScanKernel } from '../../engine/kernel.js';
import type { ModuleBuilder } from './assembler.js';
import { kernelFunction, loadAddress, threadRange } from './kernelFunction.js';
import type { CompiledKernel } from './kernelFunction.js';
import { elementsOf, forRange } from './nest.js';
import { F32, F64, I32 } from './opcodes.js';

/** Elements below which one thread is as fast as many. */
const SERIAL_WORK = 16 * 1024;
/** Elements of a row written out in the loop. */
const UNROLL = 4;

export function compileScan(module: ModuleBuilder, kernel: ScanKernel): CompiledKernel {
  const f = kernelFunction(module);
  const { op, outer, length, inner, reverse, inputs, out } = kernel;
  const extreme = op === 'largest' || op === 'smallest';
  const from = (inputs[0] as ScanKernel['out']).dtype;
  const number = from === 'float32' || from === 'float64' ? 'f64' : 'i32';
  const type = extreme || out.dtype !== 'int32' ? number : 'i32';
  const [sum, next] = [f.local(type), f.local(type)];
  const [position, chosen] = [f.local('i32'), f.local('i32')];
  const rows = outer * inner;
  const parallel = rows * length >= SERIAL_WORK && rows > 1;
  const [start, end] = [f.local('i32'), f.local('i32')];
  if (parallel) threadRange(f, rows, start, end);
  else f.i32(rows).set(end);

  const pointers = [...inputs, out].map((place) => {
    const elements = elementsOf(place.dtype);
    return { place, elements, base: f.local('i32'), at: f.local('i32') };
  });
  for (const { place, elements, base } of pointers) {
    loadAddress(f, place.buffer);
    f.i32((place.offset + (reverse ? (length - 1) * inner : 0)) * elements.size)
      .op(I32.add)
      .set(base);
  }
  const to = pointers[pointers.length - 1] as (typeof pointers)[number];
  const load = (k: number): void => {
    const { elements, place, at } = pointers[k] as (typeof pointers)[number];
    f.get(at).memory(elements.load, 0);
    if (place.dtype === 'float32') f.op(F64.promoteF32);
  };
  const store = (local: number): void => {
    f.get(to.at).get(local);
    if (to.place.dtype === 'float32') f.op(F32.demoteF64);
    f.memory(to.elements.store, 0);
    for (const { elements, at } of pointers)
      f.advance(at, (reverse ? -inner : inner) * elements.size);
  };
  const [add, multiply] = type === 'f64' ? [F64.add, F64.mul] : [I32.add, I32.mul];
  const first = (): void => {
    load(op === 'recurrence' ? 1 : 0);
    // A sum starts from 0, which makes 0 of −0.
    if (op === 'sum' && type === 'f64') f.f64(0).op(F64.add);
    f.set(sum);
    if (extreme) f.i32(0).set(position).i32(0).set(chosen);
    store(extreme ? chosen : sum);
  };
  const step = (): void => {
    if (op === 'recurrence') {
      f.f64(0);
      load(0);
      f.get(sum).op(F64.mul);
      f.get(sum).f64(0).op(F64.eq).select();
      load(1);
      f.op(F64.add).set(sum);
    } else if (!extreme) {
      f.get(sum);
      load(0);
      f.op(op === 'sum' ? add : multiply).set(sum);
    } else {
      // The last of equal ones; after a NaN only another one.
      f.advance(position, 1);
      load(0);
      f.tee(next).get(sum);
      if (type === 'f64') {
        f.op(op === 'largest' ? F64.ge : F64.le);
        f.get(next).get(next).op(F64.ne).op(I32.or);
      } else f.op(op === 'largest' ? I32.geS : I32.leS);
      f.if(() => f.get(next).set(sum).get(position).set(chosen));
    }
    store(extreme ? chosen : sum);
  };
  forRange(f, start, end, (row) => {
    for (const { elements, base, at } of pointers) {
      f.get(base).get(row).i32(inner).op(I32.divU);
      f.i32(length * inner * elements.size)
        .op(I32.mul)
        .op(I32.add);
      f.get(row).i32(inner).op(I32.remU).i32(elements.size).op(I32.mul).op(I32.add).set(at);
    }
    first();
    f.repeat(Math.floor((length - 1) / UNROLL), () => {
      for (let k = 0; k < UNROLL; k++) step();
    });
    for (let k = 0; k < (length - 1) % UNROLL; k++) step();
  });
  return { function: f, parallel, threadScratch: 0 };
}
