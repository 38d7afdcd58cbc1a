/** @file Weights beside a model on disk: large files, links, and missing files. */
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { filesBeside } from '../../src/cli/filesBeside.js';
import { requestOfOnnx } from '../../src/cli/onnxRequest.js';
import { fileOf, node, weight } from '../onnx/files.js';

const folder = mkdtempSync(join(tmpdir(), 'chainrule-beside-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a file of more than 2 GB', () => {
  const path = join(folder, 'large.bin');
  const file = openSync(path, 'w');
  ftruncateSync(file, 2.5e9); // holes take no room
  writeSync(file, new Uint8Array(Float32Array.of(3, 4).buffer), 0, 8, 2.4e9);
  closeSync(file);
  const large = filesBeside(folder)('large.bin');
  expect(large.length).toBe(2.5e9);
  expect([...new Float32Array(large.subarray(2.4e9, 2.4e9 + 8).buffer)]).toEqual([3, 4]);
  const externalData = [
    ['location', 'large.bin'],
    ['offset', '2400000000'],
    ['length', '8'],
  ].map(([key = '', value = '']) => ({ key, value }));
  writeFileSync(
    join(folder, 'm.onnx'),
    fileOf({
      initializer: [weight({ dims: [2], dataLocation: 1, externalData })],
      node: [node('Add', ['x', 'w'], ['y'])],
      input: [{ name: 'x', type: { tensor: { elementType: 1, shape: { dim: [{ value: 2 }] } } } }],
    }),
  );
  const { f } = requestOfOnnx('m.onnx', join(folder, 'm.onnx'), false);
  const weights = (f as { parameters(): { toArray(): unknown }[] }).parameters();
  expect(weights.map((w) => w.toArray())).toEqual([[3, 4]]);
});

test('links are not followed, folders not read, and what is missing is named', () => {
  writeFileSync(join(folder, 'plain.bin'), 'abc');
  mkdirSync(join(folder, 'in'));
  symlinkSync('/etc/hostname', join(folder, 'link.bin'));
  symlinkSync('/etc', join(folder, 'etc'));
  const beside = filesBeside(folder);
  expect(beside('plain.bin').subarray(1, 3)).toEqual(new Uint8Array([98, 99]));
  for (const name of ['link.bin', 'etc/hostname'])
    expect(() => beside(name)).toThrow(`${name} is a link, which is not followed`);
  expect(() => beside('in')).toThrow('in is not a file');
  expect(() => beside('none.bin')).toThrow('there is no file none.bin beside the model');
});
