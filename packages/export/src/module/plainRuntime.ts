/**
 * @file The code that runs plain kernels in an exported module: JavaScript that the module contains as it is, after the text
 * that every module contains.
 */
import { plainKernels } from './plainKernels.js';

const RUNTIME = `
/** The values of a plain kernel, operands first, with their addresses, and its attributes for a batch size. */
function placePlain(stop, n, at, scratch) {
  const values = stop.values.map(([slot, dtype, lines]) => ({ dtype, at: at[slot], shape: lines.map(([a, b]) => a + b * n) }));
  const grown = stop.grown.map(([key, a, b]) => [key, a + b * n]);
  return { ...stop, values, attrs: { ...stop.attrs, ...Object.fromEntries(grown) }, fault: (scratch + FAULT) / 4 };
}
function runPlain({ name, values, attrs, fault }) {
  // After an index that is out of range the values are meaningless.
  if (heap[fault] !== 0) return;
  const inputs = values.map(({ dtype, at, shape }) => ({ data: view(dtype, at, sizeOf(shape)), shape, dtype }));
  const out = inputs.pop();
  out.data.fill(0);
  PLAIN[name](inputs, out, attrs);
}
`;

/** Whether an operation has a plain kernel that can be written into a module. */
export function isPlain(op: string): boolean {
  return Object.hasOwn(plainKernels.kernels, op);
}

/** The plain kernels of these operations, and the code that runs them. */
export function plainText(ops: ReadonlySet<string>): string {
  const places = new Set([...ops].flatMap((op) => plainKernels.kernels[op] ?? []));
  const pieces = [...places].sort((a, b) => a - b).map((place) => plainKernels.pieces[place]);
  return [
    'const PLAIN = (() => {',
    'const ENTERED = {};',
    ...pieces,
    'return ENTERED;',
    '})();',
    RUNTIME.trim(),
  ].join('\n');
}
