/** @file The documentation of ONNX lists everything that is supported. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PAGE, withTables } from '../../../../tools/docs/onnxTable.js';
import { FAMILIES } from '../../src/onnx/operators/index.js';

test('docs/onnx.md is up to date (else: npx ts-node tools/docs/onnxTable.ts)', () => {
  const text = readFileSync(PAGE, 'utf8');
  expect(text).toBe(withTables(text));
});

test('an operator is in one place', () => {
  const names = FAMILIES.flatMap(([, operators]) => operators.map((o) => `${o.domain}.${o.name}`));
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  expect(names.length).toBeGreaterThan(200);
});
