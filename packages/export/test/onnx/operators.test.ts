/** @file Operators compared with the node tests of the ONNX project, and for others with the results of ONNX Runtime. */
import { expect, test } from 'vitest';
import { ChainruleError } from '@chainrule/autograd';
import { importOnnx } from '@chainrule/export';
import { readTar } from './tar.js';
import { difference, readValue } from './values.js';

type Files = ReadonlyMap<string, Uint8Array>;

function wrong(files: Files, name: string): string | null {
  const model = importOnnx(files.get(`${name}/model.onnx`) as Uint8Array);
  const inputs = model.inputs.map((spec, i) => {
    const map = files.get(`${name}/map_${i}.json`);
    if (map === undefined) return readValue(files.get(`${name}/input_${i}.pb`) as Uint8Array, spec);
    return new Map(JSON.parse(new TextDecoder().decode(map)) as [string | number, number][]);
  });
  const values = model.values(...inputs);
  const found = model.outputs.map((spec, i) => {
    const file = files.get(`${name}/output_${i}.pb`);
    return file === undefined ? null : difference(values[i], readValue(file, spec));
  });
  return found.find((d) => d !== null) ?? null;
}

/**
 * Two that take the size before it is rounded, where the specification, PyTorch and ONNX Runtime take that of the result:
 * see resizing.test.ts.
 */
const DISPUTED = new Set(
  ['cubic', 'linear'].map((mode) => `test_resize_downsample_scales_${mode}_align_corners`),
);

test.each([
  ['cases.tar.gz', 1100],
  ['ort.tar.gz', 200],
])('all of %s give what they should', { timeout: 120_000 }, (archive, least) => {
  const files = readTar(archive);
  const names = [...files.keys()]
    .filter((name) => name.endsWith('/model.onnx'))
    .map((name) => name.slice(0, -'/model.onnx'.length))
    .filter((name) => !DISPUTED.has(name));
  expect(names.length).toBeGreaterThan(least);
  const failures = names.flatMap((name) => {
    try {
      const found = wrong(files, name);
      return found === null ? [] : [`${name} ${found}`];
    } catch (error) {
      return [
        `${name} ${error instanceof ChainruleError ? error.message : String((error as Error).stack)}`,
      ];
    }
  });
  expect(failures).toEqual([]);
});
