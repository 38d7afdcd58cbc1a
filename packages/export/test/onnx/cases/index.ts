/**
 * @file What is exported and run again: each layer and loss, each differentiable operation that ONNX has, loops and whole
 * models. Shared by the test that imports the files, and by the check in onnxruntime (`npm run onnx:check`).
 */
import type { ExportCase } from './exportCase.js';
import { functions } from './functions.js';
import { layers } from './layers.js';
import { lengths } from './lengths.js';
import { loops } from './loops.js';
import { losses } from './losses.js';
import { specialFunctions } from './specialFunctions.js';
import { whole } from './whole.js';

export type { ExportCase } from './exportCase.js';

export const exportCases: readonly ExportCase[] = [
  ...layers,
  ...losses,
  ...functions,
  ...specialFunctions,
  ...lengths,
  ...loops,
  ...whole,
];
