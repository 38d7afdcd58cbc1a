/** @file Every generic check of the operations in `pooling.ts`. */
import { describeOp } from '../describeOp.js';
import * as tables from './pooling.js';

for (const table of Object.values(tables)) {
  for (const [name, line] of Object.entries(table)) describeOp(name, line);
}
