/** @file For tests: runs kernels on typed arrays, and computes the same with plain loops in double precision. */
import { expect } from 'vitest';
import type { Kernel, LoopKernel, MatmulKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';
import type { DType, TypedArray } from '../../../graph/dtype.js';
// The functions and vector forms that operations bring along.
import '../../../ops/index.js';
import { Forms } from './forms.js';
import { listKernels } from './kernelList.js';
import type { KernelOptions } from './kernelList.js';
import { WasmMemory } from './memory.js';
import { scalarFunctions } from '../elements/special.js';
import { WasmPlan } from './wasmPlan.js';

const dtypeOf = (array: TypedArray): DType =>
  array instanceof Float32Array
    ? 'float32'
    : array instanceof Float64Array
      ? 'float64'
      : array instanceof Int32Array
        ? 'int32'
        : 'bool';

// One for all tests, so that kernels share the forms of those that ran before.
const memory = new WasmMemory();
const forms = new Forms(memory);

/** Runs `kernels` over copies of `buffers` and returns the copies. */
export function runKernels(
  kernels: readonly Kernel[],
  buffers: readonly TypedArray[],
  options: Partial<KernelOptions> = {},
): TypedArray[] {
  const list = listKernels(kernels, forms, { threads: 1, ...options });
  const plan = new WasmPlan(forms, list);
  const addresses = buffers.map((array) => memory.store(dtypeOf(array), array));
  plan.setBuffers(addresses);
  plan.run();
  const results = buffers.map((array, i) =>
    memory.view(dtypeOf(array), addresses[i] as number, array.length).slice(),
  );
  plan.dispose();
  for (const address of addresses) memory.release(address);
  return results;
}

const functions = scalarFunctions();

/** An element function in double precision. */
export function elementFunction(
  op: string,
  dtype: DType,
): (x: number, y: number, z: number) => number {
  const integer = dtype === 'int32';
  const table: Record<string, (x: number, y: number, z: number) => number> = {
    neg: (x) => (integer ? -x | 0 : -x),
    abs: Math.abs,
    sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
    square: (x) => (integer ? Math.imul(x, x) : x * x),
    sqrt: Math.sqrt,
    rsqrt: (x) => 1 / Math.sqrt(x),
    reciprocal: (x) => 1 / x,
    exp: Math.exp,
    log: Math.log,
    sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    floor: Math.floor,
    ceil: Math.ceil,
    trunc: Math.trunc,
    round: (x) => {
      const floor = Math.floor(x);
      const rest = x - floor;
      const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
      return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
    },
    relu: (x) => (x < 0 ? 0 : x),
    isNan: (x) => (x !== x ? 1 : 0),
    isInf: (x) => (Math.abs(x) === Infinity ? 1 : 0),
    isFinite: (x) => (Number.isFinite(x) ? 1 : 0),
    add: (x, y) => (integer ? (x + y) | 0 : x + y),
    sub: (x, y) => (integer ? (x - y) | 0 : x - y),
    mul: (x, y) => (integer ? Math.imul(x, y) : x * y),
    strongMul: (x, y) => (x === 0 ? 0 : integer ? Math.imul(x, y) : x * y),
    strongProduct: (x, y) => (x === 0 || y === 0 ? 0 : integer ? Math.imul(x, y) : x * y),
    div: (x, y) => x / y,
    floorDivide: (x, y) =>
      integer ? (y === 0 ? 0 : Math.floor(x / y)) : (functions['floorDivide']?.(x, y) ?? NaN),
    maximum: (x, y) => Math.max(x, y),
    minimum: (x, y) => Math.min(x, y),
    eq: (x, y) => Number(x === y),
    ne: (x, y) => Number(x !== y),
    lt: (x, y) => Number(x < y),
    le: (x, y) => Number(x <= y),
    gt: (x, y) => Number(x > y),
    ge: (x, y) => Number(x >= y),
    logicalAnd: (x, y) => Number(x !== 0 && y !== 0),
    logicalOr: (x, y) => Number(x !== 0 || y !== 0),
    logicalXor: (x, y) => Number((x !== 0) !== (y !== 0)),
    logicalNot: (x) => Number(x === 0),
    where: (x, y, z) => (x !== 0 ? y : z),
  };
  if (integer && op === 'remainder')
    return (x, y) => (y === 0 ? 0 : (functions['remainder']?.(x, y) ?? 0) + 0);
  if (integer && op === 'fmod') return (x, y) => (y === 0 ? 0 : x % y);
  if (op === 'cast') {
    return (x) => {
      if (dtype === 'bool') return Number(x !== 0);
      if (dtype === 'int32')
        return x !== x ? 0 : Math.max(-2147483648, Math.min(2147483647, Math.trunc(x)));
      return x;
    };
  }
  const found = table[op] ?? functions[op];
  if (found === undefined) throw new Error(`no reference for ${op}`);
  return found;
}

/** Every point of a shape. */
export function* points(shape: readonly number[]): Generator<number[]> {
  const count = shape.reduce((all, n) => all * n, 1);
  for (let flat = 0; flat < count; flat++) {
    const point: number[] = [];
    let rest = flat;
    for (let d = shape.length - 1; d >= 0; d--) {
      point[d] = rest % (shape[d] as number);
      rest = Math.floor(rest / (shape[d] as number));
    }
    yield point;
  }
}

const at = (access: Access, point: readonly number[]): number =>
  access.strides.reduce((sum, stride, d) => sum + stride * (point[d] as number), access.offset);

/** What the kernel computes, one scalar at a time; float32 intermediates are kept in double precision. */
export function referenceLoop(kernel: LoopKernel, buffers: readonly TypedArray[]): TypedArray[] {
  const results = buffers.map((array) => array.slice());
  const read = (access: Access, point: readonly number[]): number =>
    (buffers[access.buffer] as TypedArray)[at(access, point)] as number;
  for (const outer of points(kernel.outer)) {
    const folded = new Map<number, number>();
    const value = (i: number, inner: readonly number[], memo: Map<number, number>): number => {
      const known = memo.get(i);
      if (known !== undefined) return known;
      const scalar = kernel.body[i] as Scalar;
      let x: number;
      switch (scalar.kind) {
        case 'load':
          x = read(kernel.inputs[scalar.input] as Access, [...outer, ...inner]);
          break;
        case 'const':
          x = scalar.value;
          break;
        case 'index':
          x = [...outer, ...inner][scalar.dim] as number;
          break;
        case 'op': {
          const [p = 0, q = 0, r = 0] = scalar.args.map((arg) => value(arg, inner, memo));
          x = elementFunction(scalar.op, scalar.dtype)(p, q, r);
          break;
        }
        case 'reduce': {
          const before = folded.get(i);
          if (before !== undefined) return before;
          const start = { sum: 0, prod: 1, max: -Infinity, min: Infinity }[scalar.op];
          x = start;
          const join = elementFunction(
            { sum: 'add', prod: 'mul', max: 'maximum', min: 'minimum' }[scalar.op],
            scalar.dtype,
          );
          for (const point of points(kernel.inner))
            x = join(x, value(scalar.arg, point, new Map()), 0);
          folded.set(i, x);
        }
      }
      memo.set(i, x);
      return x;
    };
    for (const output of kernel.outputs) {
      const target = results[output.buffer] as TypedArray;
      if (output.strides.length === kernel.outer.length) {
        target[at(output, outer)] = value(
          output.value,
          kernel.inner.map(() => 0),
          new Map(),
        );
      } else {
        for (const inner of points(kernel.inner)) {
          target[at(output, [...outer, ...inner])] = value(output.value, inner, new Map());
        }
      }
    }
  }
  return results;
}

/** A matrix product accumulated in double precision. */
export function referenceMatmul(
  kernel: MatmulKernel,
  buffers: readonly TypedArray[],
): Float64Array {
  const [a, b] = [buffers[kernel.a.buffer] as TypedArray, buffers[kernel.b.buffer] as TypedArray];
  const out = Float64Array.from(buffers[kernel.out.buffer] as TypedArray);
  for (const batch of points(kernel.batch)) {
    for (let m = 0; m < kernel.m; m++) {
      for (let n = 0; n < kernel.n; n++) {
        let sum = 0;
        for (let k = 0; k < kernel.k; k++) {
          sum +=
            (a[at(kernel.a, [...batch, m, k])] as number) *
            (b[at(kernel.b, [...batch, k, n])] as number);
        }
        out[at(kernel.out, [...batch, m, n])] = sum;
      }
    }
  }
  return out;
}

/** Expects equal elements; −0 is 0. */
export function expectEqual(
  got: readonly TypedArray[],
  want: readonly TypedArray[],
  about: unknown,
): void {
  got.forEach((array, b) => {
    for (let i = 0; i < array.length; i++) {
      if ((array[i] as number) + 0 !== (want[b]?.[i] as number) + 0) {
        expect.fail(
          `buffer ${b}[${i}] is ${array[i]}, not ${want[b]?.[i]}: ${JSON.stringify(about)}`,
        );
      }
    }
  });
}
