/**
 * @file Imported operators that take lengths or boxes as values: they give the same results when compiled and exported again.
 */
import { expect, test } from 'vitest';
import { compile, tensor, Tensor } from '@chainrule/autograd';
import { exportOnnx, importOnnx } from '@chainrule/export';
import { fileOf, node } from './files.js';
import { readTar } from './tar.js';
import { difference, readValue } from './values.js';

const files = readTar('ort.tar.gz');

const names = [...files.keys()]
  .map((file) => file.split('/')[0] as string)
  .filter((name) => /^(lengths|reverse_lengths|roi_align_.*_[12])/.test(name));

test.each([...new Set(names)])('%s', (name) => {
  const model = importOnnx(files.get(`${name}/model.onnx`) as Uint8Array);
  const inputs = model.inputs.map((spec, i) =>
    readValue(files.get(`${name}/input_${i}.pb`) as Uint8Array, spec),
  );
  const tensors = inputs.filter((x) => x instanceof Tensor);
  const run = (...xs: Tensor[]): Tensor[] => model.run(...xs);
  const compiled = compile(run);
  compiled(...tensors.map((x) => (x.dtype === 'float32' ? x.mul(2) : x)));
  const again = importOnnx(exportOnnx(run, tensors));
  const right = model.run(...tensors);
  for (const found of [compiled(...tensors), again.run(...tensors)])
    right.forEach((y, i) => expect(difference(found[i], y)).toBeNull());
});

test('what decides a shape is named where it cannot be read', () => {
  const model = importOnnx(fileOf({ node: [node('NonZero', ['x'], ['y'])] }));
  expect(model.run(tensor([0, 3, 4]))[0]?.toArray()).toEqual([[1, 2]]);
  expect(() => compile((x: Tensor) => model.run(x))(tensor([0, 3, 4]))).toThrow(
    'NonZero (node 0): its result, or its shape, depends on values, which cannot be read while compile records; ' +
      'run the model as it is, or make the input that decides a constant of the file',
  );
});
