/** @file `@chainrule/autograd`: tensors, operations on them, and derivatives of any order. */
import './ops/fluent.js';
import { adviseAllNames } from './backends/node.js';
import { Cell } from './graph/cells/cell.js';
import { Tensor } from './graph/tensor.js';

export * from './wasm.js';
export * from './functions.js';

adviseAllNames(Tensor.prototype, Cell.prototype);
