/** @file The width chosen is one that the engine can compile. */
import { expect, test } from 'vitest';
import { Forms } from './forms.js';
import { listKernels } from './kernelList.js';
import { WasmMemory } from './memory.js';
import { bestVectorWidth } from './vectorWidth.js';

test('the chosen vector width compiles', () => {
  const access = { dtype: 'float32', offset: 0, strides: [32, 1] } as const;
  const [a, b, out] = [0, 1, 2].map((buffer) => ({ ...access, buffer }));
  if (a === undefined || b === undefined || out === undefined) throw new Error('three accesses');
  const kernel = {
    kind: 'matmul',
    along: 'column',
    batch: [],
    m: 32,
    n: 32,
    k: 32,
    a,
    b,
    out,
  } as const;
  const forms = new Forms(new WasmMemory());
  const before = forms.modules.length;
  listKernels([kernel], forms, { threads: 1, ...bestVectorWidth() });
  const [module] = forms.modules.slice(before);
  expect(module !== undefined && WebAssembly.validate(module.bytes)).toBe(true);
});
