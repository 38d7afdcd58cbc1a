/** @file Exports and imports a model, and compares values at sizes other than those of the export. */
import { expect } from 'vitest';
import { flattenTree, type Tensor } from '@chainrule/autograd';
import { exportOnnx, importOnnx } from '@chainrule/export';
import { Module } from '@chainrule/nn';
import type { ExportCase } from './cases/index.js';

function wanted({ f, args }: ExportCase, n: number): Tensor[] {
  const call = f instanceof Module ? (...xs: Tensor[]) => f.eval().forward(...(xs as never[])) : f;
  return flattenTree(call(...args(n))).leaves;
}

function exported({ f, args, batch, since }: ExportCase): Uint8Array {
  const names = typeof batch === 'object' && batch !== null ? Object.keys(batch) : [];
  const dynamic = batch === null ? {} : { size: batch };
  return exportOnnx(f as never, args(2), { names, dynamic, opset: since ?? 17 });
}

/** Exports a case once, imports it, and compares it with the original at sizes of what is dynamic. */
export function expectRoundTrip(given: ExportCase, sizes: readonly number[]): void {
  const model = importOnnx(exported(given));
  for (const n of sizes) {
    const right = wanted(given, n);
    const outputs = model.run(...given.args(n));
    expect(outputs.length).toBe(right.length);
    right.forEach((y, i) => {
      const found = outputs[i] as Tensor;
      expect([found.dtype, found.shape]).toEqual([y.dtype, y.shape]);
      const [a, b] = [found.dataSync(), y.dataSync()];
      const far = Array.from(a, (x, k) =>
        Object.is(x, b[k]) ? 0 : Math.abs(x - (b[k] as number)) / (1 + Math.abs(x)),
      );
      expect(Math.max(0, ...far), `at ${n}`).toBeLessThan(1e-5);
    });
  }
}
