/** @file What runs by its plain kernel alone: an operation that is renamed, or is told too little of, shows here. */
import { expect, test } from 'vitest';
import { primitives } from '../../src/graph/primitive.js';
import { makeElement } from '../../src/ops/build/element.js';
import { ones } from '../../src/index.js';
import { kernelsOf, programsOf } from './planning.js';

test('primitives without a kernel of their own', () => {
  const names = primitives.flatMap((op) => (op.lowering.kind === 'reference' ? [op.name] : []));
  expect(names.sort()).toMatchInlineSnapshot(`
    [
      "assertBetween",
      "cholesky",
      "cofactor",
      "det",
      "eigh",
      "fold",
      "orthogonalComplete",
      "polygamma",
      "qr",
      "sinc",
      "slogdet",
      "solve",
      "svd",
      "triangularSolve",
      "unfold",
    ]
  `);
});

test('element functions that no loop knows', () => {
  const names = primitives.flatMap((op) => {
    if (op.lowering.kind !== 'element' || op.name === 'cast') return [];
    const xs = Array.from({ length: op.lowering.scalar.length || 1 }, () => ones([300]));
    const [run] = programsOf(() => void makeElement(op, xs, 'float32').dataSync());
    return run !== undefined && kernelsOf(run.program).includes('reference') ? [op.name] : [];
  });
  expect(names.sort()).toMatchInlineSnapshot(`
    [
      "logaddexp",
      "logit",
      "tanhshrink",
      "xlogy",
    ]
  `);
});
