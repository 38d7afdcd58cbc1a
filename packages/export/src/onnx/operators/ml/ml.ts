/** @file The entries of the domain `ai.onnx.ml`. */
import type { Call } from '../../import/call.js';
import { operator, type Operator, type Result } from '../operator.js';

export function ml(name: string, run: (call: Call) => Result): Operator {
  return operator(name, run, { domain: 'ai.onnx.ml' });
}
