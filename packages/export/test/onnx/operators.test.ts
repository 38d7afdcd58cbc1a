/** @file The node tests of the ONNX project: every operator with the numbers that it should give. */
import { expect, test } from 'vitest';
import { ChainruleError } from '@chainrule/autograd';
import { importOnnx } from '@chainrule/export';
import { readTar } from './tar.js';
import { difference, readValue } from './values.js';

const files = readTar('cases.tar.gz');
const names = [...files.keys()]
  .filter((name) => name.endsWith('/model.onnx'))
  .map((name) => name.slice(0, -'/model.onnx'.length));

function wrong(name: string): string | null {
  const model = importOnnx(files.get(`${name}/model.onnx`) as Uint8Array);
  const inputs = model.inputs.map((spec, i) =>
    readValue(files.get(`${name}/input_${i}.pb`) as Uint8Array, spec),
  );
  const values = model.values(...inputs);
  const found = model.outputs.map((spec, i) => {
    const file = files.get(`${name}/output_${i}.pb`);
    return file === undefined ? null : difference(values[i], readValue(file, spec));
  });
  return found.find((d) => d !== null) ?? null;
}

test('all give what they should', { timeout: 120_000 }, () => {
  expect(names.length).toBeGreaterThan(1100);
  const failures = names.flatMap((name) => {
    try {
      const found = wrong(name);
      return found === null ? [] : [`${name} ${found}`];
    } catch (error) {
      return [
        `${name} ${error instanceof ChainruleError ? error.message : String((error as Error).stack)}`,
      ];
    }
  });
  expect(failures).toEqual([]);
});
