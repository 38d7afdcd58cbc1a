import { expect, test } from 'vitest';
import { DeviceError } from '../../errors.js';
import { allocate } from '../dtype.js';
import { allocateBytes } from './allocateBytes.js';

test('throws a ChainruleError with the size when memory is exhausted', () => {
  for (const dtype of ['float32', 'float64', 'int32', 'bool'] as const)
    expect(() => allocate(dtype, 2 ** 50)).toThrow(DeviceError);
  expect(() => allocate('float32', 2 ** 50)).toThrow('no room for an array of 4294967296.0 MiB');
  expect(() => allocateBytes(2 ** 50)).toThrow('no room for an array of 1073741824.0 MiB');
});
