/** @file The operations that run only by their reference: an operation that is renamed, or lacks a lowering, shows here. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { primitives } from '../../../src/graph/primitive.js';
import { makeElement } from '../../../src/ops/build/element.js';
import { ones } from '../../../src/index.js';
import { kernelsOf, programsOf } from './planning.js';

const withoutKernel = (): string[] =>
  primitives.flatMap((op) => (op.lowering.kind === 'reference' ? [op.name] : []));

/** Element functions that run by reference in every dtype. */
function withoutLoop(): string[] {
  return primitives.flatMap((op) => {
    if (op.lowering.kind !== 'element' || op.name === 'cast') return [];
    const { length } = op.lowering.scalar;
    const runsByReference = (['float32', 'int32'] as const).every((dtype) => {
      const xs = Array.from({ length: length || 1 }, () => ones([300], { dtype }));
      const [run] = programsOf(() => void makeElement(op, xs, dtype).dataSync());
      return run !== undefined && kernelsOf(run.program).includes('reference');
    });
    return runsByReference ? [op.name] : [];
  });
}

test('the page of what runs by reference lists just that', () => {
  const page = readFileSync(
    new URL('../../../../../docs/reference-only.md', import.meta.url),
    'utf8',
  );
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)]);
  const names = new Set([...withoutKernel(), ...withoutLoop()]);
  expect(listed.map(([, name]) => name).sort()).toEqual([...names].sort());
});

test('primitives without a kernel of their own', () => {
  const names = withoutKernel();
  expect(names.sort()).toMatchInlineSnapshot(`
    [
      "argmode",
      "argnanmedian",
      "binomialDraw",
      "cholesky",
      "cofactor",
      "cofactorRate",
      "det",
      "eigh",
      "fold",
      "gammaDraw",
      "logcumsumexp",
      "luPacked",
      "matrixExp",
      "orthogonalComplete",
      "pinv",
      "pivotOrder",
      "poissonDraw",
      "polygamma",
      "qr",
      "scaledTail",
      "sincSlope",
      "slogdet",
      "solve",
      "special.erfcx",
      "special.i0Slope",
      "special.i0eSlope",
      "special.i1Slope",
      "special.i1eSlope",
      "special.logNdtr",
      "svd",
      "triangularSolve",
      "unfold",
      "vonMisesDraw",
    ]
  `);
});

test('element functions that no loop knows', () => {
  const names = withoutLoop();
  expect(names.sort()).toMatchInlineSnapshot(`
    [
      "gammaSlope",
      "gcd",
      "lcm",
      "nextafter.float64",
      "special.gammaDensity",
      "special.gammainc",
      "special.gammaincc",
      "special.zeta",
    ]
  `);
});
