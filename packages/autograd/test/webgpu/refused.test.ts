/** @file The page on WebGPU lists the operations that it refuses, and no others. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isSpecial } from '../../src/backends/webgpu/special.js';
import { supports } from '../../src/backends/webgpu/wgsl/elements.js';
import { primitives } from '../../src/graph/primitive.js';
import '../../src/index.js';

test('docs/webgpu.md lists what has no kernel there', () => {
  const refused = primitives
    .filter(({ name, lowering }) => {
      if (lowering.kind === 'reference') return !isSpecial(name);
      if (lowering.kind !== 'element' || name.endsWith('.float64')) return false;
      return !isSpecial(name) && !supports(name, 'float32') && !supports(name, 'int32');
    })
    .map(({ name }) => name);
  const page = readFileSync(new URL('../../../../docs/webgpu.md', import.meta.url), 'utf8');
  const [, list = ''] = /<!-- refused -->\n([^]*?)\n<!-- -->/.exec(page) ?? [];
  const listed = Array.from(list.matchAll(/`([^`]+)`/g), ([, name]) => name);
  expect(listed.sort()).toEqual(refused.sort());
});
