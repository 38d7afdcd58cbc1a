/** @file Inputs for tests of operator kernels, and their results together with those of the references. */
import fc from 'fast-check';
import { operatorKernel } from '../../../engine/compile/operatorKernel.js';
import type { Instruction } from '../../../engine/program.js';
import { allocate, type DType, type TypedArray } from '../../../graph/dtype.js';
import { primitives, type Attrs, type Value } from '../../../graph/primitive.js';
import { sizeOf } from '../../../graph/shape.js';
import { runKernels } from '../run/testBench.js';
import '../../../ops/index.js';

/** The results of the kernel and of the reference, each element rounded once. */
export function both(
  name: string,
  inputs: readonly Value[],
  attrs: Attrs,
  shape: readonly number[],
  dtype: DType = inputs[0]!.dtype,
): [TypedArray, TypedArray] {
  const op = primitives.find((p) => p.name === name)!;
  const instructions: Instruction[] = inputs.map((x) => ({
    ...{ op: null, attrs: null, inputs: [], shape: x.shape, dtype: x.dtype },
  }));
  const slots = inputs.map((_, i) => i);
  instructions.push({ op, attrs, inputs: slots, shape, dtype });
  const kernel = operatorKernel(instructions, inputs.length, slots);
  if (kernel === null) throw new Error(`${name} has no kernel`);
  const blank = allocate(dtype, sizeOf(shape)).fill(77);
  const got = runKernels([kernel], [...inputs.map((x) => x.data), blank])[inputs.length]!;
  const want = allocate(dtype, sizeOf(shape));
  op.kernel(inputs, { data: want, shape, dtype }, attrs);
  return [got, want];
}

export const SPECIAL = [NaN, Infinity, -Infinity, -0, 0, 1, 1];

/** Numbers that include a few special ones and ties. */
export function numbers(
  shape: readonly number[],
  dtype: DType,
  seed: number,
  special = true,
): Value {
  const data = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    const random = Math.sin((i + 1) * 78.233 * (seed + 1)) * 43758.5453;
    const unit = random - Math.floor(random);
    if (dtype === 'bool') data[i] = unit > 0.5 ? 1 : 0;
    else if (dtype === 'int32') data[i] = Math.floor(unit * 20) - 10;
    else if (special && unit < 0.1) data[i] = SPECIAL[i % SPECIAL.length]!;
    else data[i] = Math.round(unit * 64) / 16 - 2;
  }
  return { data, shape, dtype };
}

export function indices(shape: readonly number[], limit: number, seed: number): Value {
  const value = numbers(shape, 'int32', seed);
  for (let i = 0; i < value.data.length; i++) {
    const random = Math.sin((i + 1) * 12.9898 * (seed + 1)) * 43758.5453;
    value.data[i] = Math.floor((random - Math.floor(random)) * limit);
  }
  return value;
}

export const dtypes = fc.constantFrom<DType>('float32', 'float64', 'int32', 'bool');
export const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
