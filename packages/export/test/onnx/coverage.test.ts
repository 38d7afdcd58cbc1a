/** @file The cases cover every layer and every rule of the exporter; operations that ONNX lacks are listed. */
import { describe, expect, test } from 'vitest';
import { noGrad } from '@chainrule/autograd';
import { elementNames, familyNames, plainNames, recordGraph } from '@chainrule/autograd/graph';
import type { GraphNode } from '@chainrule/autograd/graph';
import * as nn from '@chainrule/nn';
import { composed } from '../../src/compositions/recorded.js';
import { ARRAYS } from '../../src/onnx/export/arrays/arrays.js';
import { ELEMENTS } from '../../src/onnx/export/elements.js';
import { REGIONS } from '../../src/onnx/export/regions/regions.js';
import { exportCases } from './cases/index.js';

const classes = Object.entries(nn)
  .filter(([, value]) => typeof value === 'function' && value.prototype instanceof nn.Module)
  .map(([name]) => name);

/** Layers that cannot be written, and why. */
const NO_LAYER: Readonly<Record<string, string>> = {
  CTCLoss: 'it reads lengths',
  FractionalMaxPool2d: 'it draws where its windows are',
  FractionalMaxPool3d: 'it draws where its windows are',
};

test('every layer has a case', () => {
  const used = new Set(
    exportCases.flatMap(({ f }) =>
      f instanceof nn.Module ? f.modules().map((m) => m.constructor.name) : [],
    ),
  );
  const missing = classes.filter((name) => !used.has(name));
  expect(missing.sort()).toEqual(Object.keys(NO_LAYER).sort());
  expect(classes.length).toBeGreaterThan(130);
});

describe('rules', () => {
  const operations = new Set<string>();
  const regions = new Set<string>();
  const count = (nodes: readonly GraphNode[]): void => {
    for (const node of nodes) {
      if (node.kind === 'operation') operations.add(node.op);
      if (node.kind === 'loop') node.bodies.forEach((body) => count(body.nodes));
    }
  };
  for (const { f, args } of exportCases) {
    const call = f instanceof nn.Module ? (...xs: never[]) => f.eval().forward(...xs) : f;
    const graph = noGrad(() => recordGraph(call as never, args(2)));
    count(graph.nodes);
    for (const { name } of graph.regions) regions.add(name);
  }

  test('every rule is used by a case', () => {
    const names = [...Object.keys(ELEMENTS), ...Object.keys(ARRAYS), ...composed];
    expect(names.filter((name) => !operations.has(name))).toEqual([]);
    expect([...REGIONS.keys()].filter((name) => !regions.has(name))).toEqual([]);
  });

  test('an operation has a rule, or ONNX has none', () => {
    const names = [...elementNames, ...familyNames, ...plainNames];
    const without = names.filter(
      (name) => !(name in ELEMENTS) && !(name in ARRAYS) && !composed.includes(name),
    );
    expect(without).toMatchInlineSnapshot(`
      [
        "gammaSlope",
      ]
    `);
  });
});
