/**
 * @file All cases of the ONNX export, exported as modules: if not refused, they give the function's results at several batch
 * sizes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ChainruleError, noGrad, Tensor, type TypedArray } from '@chainrule/autograd';
import { Module } from '@chainrule/nn';
import { afterAll, expect, test, vi } from 'vitest';
import { exportModule } from '../../src/index.js';
import { exportCases, type ExportCase } from '../onnx/cases/index.js';

vi.hoisted(() => (process.env['CHAINRULE_BLAS'] = 'off'));

const folder = mkdtempSync(join(tmpdir(), 'chainrule-cases-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Result {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

/** The results in a tree of them, in order. */
function resultsIn(tree: unknown): Result[] {
  if (tree instanceof Tensor)
    return [{ data: (tree as Tensor).dataSync(), shape: (tree as Tensor).shape }];
  if (typeof tree !== 'object' || tree === null) return [];
  return 'data' in tree ? [tree as Result] : Object.values(tree).flatMap(resultsIn);
}

const near = (a: number, b: number): boolean =>
  Object.is(a, b) || Math.abs(a - b) <= 1e-5 * (1 + Math.abs(b));

/** Whether a case was exported. @throws {Error} for what is not what the function gives. */
async function check({ f, args, batch }: ExportCase, k: number): Promise<boolean> {
  const run =
    f instanceof Module ? (...xs: Tensor[]): unknown => f.eval().forward(...(xs as never[])) : f;
  let js: string;
  try {
    ({ js } = exportModule(f as Module, args(2), { batch: batch === 0 ? 8 : null }));
  } catch (error) {
    if (error instanceof ChainruleError) return false;
    throw error;
  }
  const path = join(folder, `case${k}.mjs`);
  writeFileSync(path, js);
  const { predict } = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as {
    predict: (...xs: TypedArray[]) => unknown;
  };
  for (const size of batch === 0 ? [1, 2, 5, 8] : [2]) {
    const xs = args(size);
    const found = resultsIn(predict(...xs.map((x) => x.dataSync())));
    const want = resultsIn(noGrad(() => run(...xs)));
    expect(found.map(({ shape }) => shape)).toEqual(want.map(({ shape }) => shape));
    for (const [i, { data }] of want.entries())
      expect(data.every((x, j) => near(found[i]?.data[j] as number, x))).toBe(true);
  }
  return true;
}

test('every case', { timeout: 600_000 }, async () => {
  const wrong: string[] = [];
  let exported = 0;
  for (const [k, given] of exportCases.entries()) {
    try {
      if (await check(given, k)) exported++;
    } catch (error) {
      wrong.push(`${given.name}: ${String(error).slice(0, 200)}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(exported).toBeGreaterThan(300);
});
