/** @file The declarations of an exported module. */
import type { DType } from '@chainrule/autograd';
import type { ModuleFunction } from './moduleFunction.js';

const arrays: Readonly<Record<DType, string>> = {
  float32: 'Float32Array',
  float64: 'Float64Array',
  int32: 'Int32Array',
  bool: 'Uint8Array',
};

/** The type of a result, with tensor types in place of the tensors. */
function resultType(tree: unknown, { outputs }: ModuleFunction): string {
  if (tree === null || typeof tree !== 'object') return JSON.stringify(tree) ?? 'undefined';
  if (Array.isArray(tree))
    return `[${tree.map((t) => resultType(t, { outputs } as ModuleFunction)).join(', ')}]`;
  if ('$' in tree) {
    const output = outputs[(tree as { $: number }).$];
    return `Result<${arrays[output?.dtype ?? 'float32']}>`;
  }
  const parts = Object.entries(tree).map(
    ([key, t]) => `${JSON.stringify(key)}: ${resultType(t, { outputs } as ModuleFunction)}`,
  );
  return `{ ${parts.join('; ')} }`;
}

export function typesText(version: string, functions: readonly ModuleFunction[]): string {
  const declared = functions.map((f) => {
    const args = f.args.map((arg) => `${arg.name}: Numbers`).join(', ');
    const shapes = f.args.map(
      (arg) => ` * @param ${arg.name} ${arg.dtype} ${arg.shape}, row by row.`,
    );
    const returns = f.name === 'train' ? 'number' : resultType(f.result, f);
    const what =
      f.name === 'train'
        ? 'Takes one training step, and returns the loss before it.'
        : 'Runs the function.';
    return [
      '/**',
      ` * ${what}${f.fixed === null ? ` A batch has at most ${f.most} examples.` : ''}`,
      ...shapes,
      ' */',
      `export declare function ${f.name}(${args}): ${returns};`,
    ].join('\n');
  });
  return [
    `// Written by chainrule ${version}: exportModule.`,
    'type Numbers = ArrayLike<number>;',
    '/** The elements, row by row, and the shape. */',
    'export interface Result<T> { data: T; shape: number[] }',
    'export type State = Record<string, Float32Array | Float64Array | Int32Array | Uint8Array>;',
    '/** The version of Chainrule that wrote this module. */',
    'export declare const version: string;',
    ...declared,
    '/** Copies of all weights and states, by name. */',
    'export declare function state(): State;',
    '/** Loads weights and states: a result of state(), or the bytes of a safetensors file. Loads all of them or none. */',
    'export declare function load(from: Uint8Array | ArrayBuffer | Record<string, ArrayLike<number>>): void;',
    '/** Passes in the compiled kernels, where WebAssembly may not be compiled from bytes. Call it before anything else. */',
    'export declare function start(module: WebAssembly.Module | BufferSource): void;',
    '',
  ].join('\n');
}
