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
      "argmode",
      "argnanmedian",
      "assertBetween",
      "binomialDraw",
      "cholesky",
      "cofactor",
      "det",
      "eigh",
      "fft",
      "fold",
      "gammaDraw",
      "logcumsumexp",
      "luOrder",
      "luPacked",
      "matrixExp",
      "orthogonalComplete",
      "pinv",
      "pivotOrder",
      "poissonDraw",
      "polygamma",
      "qr",
      "scaledTail",
      "scatterExtreme",
      "scatterProd",
      "sinc",
      "slogdet",
      "solve",
      "special.erfcx",
      "special.i0",
      "special.i0e",
      "special.i1",
      "special.i1e",
      "special.logNdtr",
      "special.ndtr",
      "svd",
      "triangularSolve",
      "unfold",
      "vonMisesDraw",
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
      "bitwiseAnd",
      "bitwiseLeftShift",
      "bitwiseNot",
      "bitwiseOr",
      "bitwiseRightShift",
      "bitwiseXor",
      "copysign",
      "gammaSlope",
      "gcd",
      "lcm",
      "logaddexp",
      "logaddexp2",
      "logit",
      "nextafter.float32",
      "nextafter.float64",
      "signbit",
      "special.entr",
      "special.gammainc",
      "special.gammaincc",
      "special.ndtri",
      "special.xlog1py",
      "special.zeta",
      "tanhshrink",
      "xlogy",
    ]
  `);
});
