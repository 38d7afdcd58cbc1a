import { test, expect } from 'vitest';
import type { LoopKernel } from '../../engine/kernel.js';
import { runKernels, referenceLoop } from './testBench.js';
const sm = (R: number, C: number): LoopKernel => ({ kind: 'loop', outer: [R], inner: [C],
  inputs: [{ buffer: 0, dtype: 'float32', offset: 0, strides: [C, 1] }],
  body: [ { kind: 'load', input: 0, dtype: 'float32' }, { kind: 'reduce', op: 'max', arg: 0, dtype: 'float32' },
    { kind: 'op', op: 'sub', args: [0, 1], dtype: 'float32' }, { kind: 'op', op: 'exp', args: [2], dtype: 'float32' },
    { kind: 'reduce', op: 'sum', arg: 3, dtype: 'float32' }, { kind: 'op', op: 'div', args: [3, 4], dtype: 'float32' } ],
  outputs: [{ buffer: 1, dtype: 'float32', offset: 0, strides: [C, 1], value: 5 }, { buffer: 2, dtype: 'float32', offset: 0, strides: [1], value: 4 }] });
for (const [R, C] of [[3, 10], [5, 64], [7, 33], [1, 1], [2, 3], [1, 100001]] as const)
for (const width of ['simd128','wide'] as const)
test(`softmax ${R} ${C} ${width}`, () => {
  const x = Float32Array.from({ length: R * C }, (_, i) => Math.sin(i * 12.9898) * 5);
  const bufs = [x, new Float32Array(R * C), new Float32Array(R)];
  const got = runKernels([sm(R, C)], bufs, {width}); const want = referenceLoop(sm(R, C), bufs);
  for (const k of [1, 2]) for (let i = 0; i < got[k]!.length; i++) expect(Math.abs(got[k]![i]! / want[k]![i]! - 1)).toBeLessThan(2e-6);
});
