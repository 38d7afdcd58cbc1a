/** @file Halves: every one of them, what lies between two, and files that are those of Python. */
import { describe, expect, test } from 'vitest';
import { tensor } from '../index.js';
import { FormatError } from '../errors.js';
import { decodeElements, halfToNumber } from './elements.js';
import { toHalves } from './halves.js';
import { decodeSafetensors, encodeSafetensors } from './index.js';

const codes = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);

describe.each(['float16', 'bfloat16'] as const)('%s', (type) => {
  const element = type === 'float16' ? 'F16' : 'BF16';
  const { data } = decodeElements(new Uint8Array(codes.buffer), element, '');
  const numbers = data as Float32Array;

  test('every number keeps its bits, and NaN stays NaN', () => {
    const bits = toHalves(numbers, type, '');
    const differ = codes.filter((code) => !Number.isNaN(numbers[code]) && bits[code] !== code);
    expect([...differ]).toEqual([]);
    const missing = codes.filter((code) => Number.isNaN(numbers[code]));
    const kept = toHalves(numbers, type, '');
    const back = decodeElements(new Uint8Array(kept.buffer), element, '').data;
    expect(missing.every((code) => Number.isNaN(back[code]))).toBe(true);
  });

  test('rounds to the nearest, ties to even', () => {
    const most = numbers.findIndex((x) => x === Infinity) - 1;
    const given: number[] = [];
    const right: number[] = [];
    for (let code = 0; code < most; code++) {
      const [a, b] = [numbers[code] as number, numbers[code + 1] as number];
      for (const part of [0.25, 0.499, 0.5, 0.501, 0.75]) {
        const x = Math.fround(a + part * (b - a));
        if (type === 'bfloat16' && code < 2 ** 7 && x === a) continue; // below the least float32
        given.push(x, -x);
        const up = x - a > b - x || (x - a === b - x && code % 2 === 1);
        right.push(code + (up ? 1 : 0), (code + (up ? 1 : 0)) | 0x8000);
      }
    }
    expect(toHalves(Float32Array.from(given), type, '')).toEqual(Uint16Array.from(right));
  });

  test('refuses a number beyond the range, but not an infinity', () => {
    const [most, over] = type === 'float16' ? [65519, 65520] : [3.3961e38, 3.3962e38];
    expect(toHalves(Float32Array.of(most, -Infinity, NaN), type, '')).toHaveLength(3);
    expect(() => toHalves(Float32Array.of(0, -over), type, "'w'")).toThrow(FormatError);
    expect(() => encodeSafetensors({ w: tensor([over]) }, {}, { floats: type })).toThrow(
      new RegExp(`the tensor "w" contains .*beyond the range of ${type}`),
    );
  });
});

/*
import torch, base64
from safetensors.torch import save
w = torch.tensor([[1, -2.5, 3.14159], [1e-5, 6e-8, 65504]])
rest = {'i': torch.tensor([7], dtype=torch.int32), 'b': torch.tensor([True]), 'd': torch.tensor([0.1], dtype=torch.float64)}
for t in torch.float16, torch.bfloat16: print(base64.b64encode(save({'w': w.to(t), **rest})).decode())
*/
test.each([
  [
    'float16',
    '4AAAAAAAAAB7ImQiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOlswLDhdfSwiaSI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzgsMTJdfSwidyI6eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbMTIsMjRdfSwiYiI6eyJkdHlwZSI6IkJPT0wiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOlsyNCwyNV19fSAgIJqZmZmZmbk/BwAAAAA8AMFIQqgAAQD/ewE=',
  ],
  [
    'bfloat16',
    '4AAAAAAAAAB7ImQiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOlswLDhdfSwiaSI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzgsMTJdfSwidyI6eyJkdHlwZSI6IkJGMTYiLCJzaGFwZSI6WzIsM10sImRhdGFfb2Zmc2V0cyI6WzEyLDI0XX0sImIiOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbMjQsMjVdfX0gIJqZmZmZmbk/BwAAAIA/IMBJQCg3gTOARwE=',
  ],
] as const)("a file of %s equals Python's", (floats, file) => {
  const w = tensor([
    [1, -2.5, 3.14159],
    [1e-5, 6e-8, 65504],
  ]);
  const rest = {
    i: tensor([7], { dtype: 'int32' }),
    b: tensor([true]),
    d: tensor([0.1], { dtype: 'float64' }),
  };
  const bytes = encodeSafetensors({ w, ...rest }, {}, { floats });
  expect(Buffer.from(bytes).toString('base64')).toBe(file);
  const back = decodeSafetensors(bytes);
  expect(back['d']?.item()).toBe(0.1);
  expect(back['w']?.dtype).toBe('float32');
  if (floats === 'float16') expect(back['w']?.dataSync()[2]).toBe(halfToNumber(0x4248));
});

test('refuses other types', () => {
  expect(() => encodeSafetensors({}, {}, { floats: 'float8' as never })).toThrow(/floats/);
});
