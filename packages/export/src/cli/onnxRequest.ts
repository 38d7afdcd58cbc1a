/** @file Reads an ONNX file as something to export: the model in it, with example tensors of the sizes that the file states. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ChainruleError, zeros, type Tensor } from '@chainrule/autograd';
import { importOnnx, type OnnxSpec } from '../index.js';
import { ELEMENTS } from '../onnx/schema/elementTypes.js';
import { filesBeside } from './filesBeside.js';
import type { ExportRequest } from './exportRequest.js';

/**
 * The model in a file; weights in other files are read beside it. A named size in the first dimension is the batch. With
 * `asWords`, characters of input names that are not allowed in a variable become `_`.
 */
export function requestOfOnnx(file: string, path: string, asWords: boolean): ExportRequest {
  try {
    const model = importOnnx(readFileSync(path), { externalData: filesBeside(dirname(path)) });
    const args = model.inputs.map(exampleOf);
    const batches = model.inputs.map(({ shape }) => shape?.[0]);
    const isFixed = batches.every((n) => typeof n === 'number');
    const sizes = isFixed ? { batch: null } : { dynamic: { batch: 0 } };
    const names = model.inputs.map(({ name }) =>
      asWords ? name.replace(/[^\w$]/g, '_').replace(/^\d/, '_$&') : name,
    );
    return { f: model, args, names, ...sizes };
  } catch (error) {
    const why = error instanceof ChainruleError ? error.message : String(error);
    throw new Error(`${file}: ${why}`, { cause: error });
  }
}

function exampleOf({ name, kind, type, shape }: OnnxSpec): Tensor {
  const refuse = (why: string): never => {
    throw new ChainruleError(
      `the input '${name}' ${why}; write a module that exports { f: importOnnx(bytes), args }`,
    );
  };
  const dtype = type === null ? null : ELEMENTS[type].dtype;
  if (kind !== 'tensor' || dtype === null) return refuse('is not a tensor of numbers');
  const sizes = shape?.map((size, dim) => {
    if (typeof size === 'number') return size;
    return dim === 0 ? 1 : refuse(`has no fixed size in dimension ${dim} (${size ?? 'no name'})`);
  });
  return zeros(sizes ?? refuse('has no shape'), { dtype });
}
