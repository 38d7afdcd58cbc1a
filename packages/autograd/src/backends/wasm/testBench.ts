/** @file For tests: runs kernels on typed arrays, and does the same with plain loops in double precision. */
import { expect } from 'vitest';
import type { Access, Kernel, LoopKernel, MatmulKernel, Scalar } from '../../engine/kernel.js';
import type { DType, TypedArray } from '../../graph/dtype.js';
import { compileKernels } from './compile.js';
import type { CompileOptions, RunFunction } from './compile.js';
import { SCRATCH_BUFFER } from './pointerTable.js';
import { scalarFunctions } from './special.js';

export function viewOf(
  buffer: ArrayBufferLike,
  dtype: DType,
  address: number,
  length: number,
): TypedArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, address, length);
    case 'float64':
      return new Float64Array(buffer, address, length);
    case 'int32':
      return new Int32Array(buffer, address, length);
    case 'bool':
      return new Uint8Array(buffer, address, length);
  }
}

const dtypeOf = (array: TypedArray): DType =>
  array instanceof Float32Array
    ? 'float32'
    : array instanceof Float64Array
      ? 'float64'
      : array instanceof Int32Array
        ? 'int32'
        : 'bool';

/** Compiles and runs `kernels` over copies of `buffers`; gives the buffers afterwards. */
export function runKernels(
  kernels: readonly Kernel[],
  buffers: readonly TypedArray[],
  options: Partial<CompileOptions> = {},
): TypedArray[] {
  const plan = compileKernels(kernels, { shared: false, threads: 1, ...options });
  const align = (bytes: number): number => Math.ceil(bytes / 64) * 64 + 64;
  const total = buffers.reduce(
    (sum, array) => sum + align(array.byteLength),
    1024 + plan.table.length * 4 + plan.scratchBytes,
  );
  const memory = new WebAssembly.Memory({ initial: Math.ceil(total / 65536) + 1 });
  let top = align(plan.table.length * 4);
  const addresses: number[] = [];
  const views = buffers.map((array, i) => {
    addresses[i] = top;
    const view = viewOf(memory.buffer, dtypeOf(array), top, array.length);
    view.set(array);
    top += align(array.byteLength);
    return view;
  });
  addresses[SCRATCH_BUFFER] = top;
  new Int32Array(memory.buffer, 0, plan.table.length).set(plan.table.map((b) => addresses[b]!));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(plan.bytes), {
    env: { memory },
    math: scalarFunctions(),
  });
  const status = (instance.exports['run'] as RunFunction)(0, 0, 1, 0);
  if (status !== 0) throw new Error('the barrier timed out');
  return views.map((view) => view.slice());
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

/** The kernel's meaning, one scalar at a time; float32 intermediates are kept in double precision. */
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
