/** @file Structure-aware fuzzing of the readers: damaged and edited files give arrays or a FormatError, never anything else. */
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.js';
import { elementCount } from '../../src/io/elements.js';
import type { ArrayRecord } from '../../src/io/elements.js';
import { readNpy } from '../../src/io/npy.js';
import { readNpz } from '../../src/io/npz.js';
import { readSafetensors } from '../../src/io/safetensors.js';
import { readZip } from '../../src/io/zip/readZip.js';
import { fixture } from './fixtures.js';

/** A small generator of its own, so that a failing round can be named by its seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const TOKENS = [
  '0',
  '-1',
  '1e9',
  '4294967296',
  '9007199254740993',
  '[',
  ']',
  '{',
  '}',
  '"',
  ',',
  ':',
  'null',
  '__proto__',
  'F64',
  'BOOL',
  'shape',
  "'",
  '(',
  ')',
  '\\u0000',
  ' ',
];
const INTEGERS = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Edits as a format would notice them: flipped bits, edge values in number fields, tokens in text, parts cut, copied, moved. */
function mutate(original: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = original.slice();
  for (let edits = 1 + random(3); edits > 0; edits--) {
    const at = random(bytes.length + 1);
    const length = random(random(2) ? 9 : bytes.length + 1);
    const part = bytes.slice(at, at + length);
    const view = new DataView(bytes.buffer);
    switch (random(7)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        if (at + 4 <= bytes.length)
          view.setUint32(at, INTEGERS[random(INTEGERS.length)] ?? 0, true);
        break;
      case 2:
        if (at + 8 <= bytes.length)
          view.setBigUint64(
            at,
            BigInt(INTEGERS[random(INTEGERS.length)] ?? 0) << BigInt(random(33)),
            true,
          );
        break;
      case 3: {
        const token = new TextEncoder().encode(TOKENS[random(TOKENS.length)]);
        bytes = Uint8Array.from([
          ...bytes.subarray(0, at),
          ...token,
          ...bytes.subarray(at + random(2) * token.length),
        ]);
        break;
      }
      case 4:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
        break;
      case 5:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...part, ...bytes.subarray(at)]);
        break;
      case 6:
        bytes.set(
          part.subarray(0, bytes.length - Math.min(bytes.length, random(bytes.length + 1))),
          0,
        );
        break;
    }
  }
  return bytes;
}

function isSound(arrays: Record<string, ArrayRecord>): boolean {
  return Object.values(arrays).every(
    ({ shape, data }) => data.length === elementCount(shape, 'array'),
  );
}

const npy = await readZip(fixture('stored.npz'));

describe.each<[string, number, Uint8Array[], (bytes: Uint8Array) => unknown]>([
  [
    'safetensors',
    20_000,
    [fixture('all.safetensors'), fixture('ours.safetensors')],
    (bytes) => readSafetensors(bytes).arrays,
  ],
  ['npy', 20_000, Object.values(npy), (bytes) => ({ array: readNpy(bytes) })],
  ['npz', 2_000, [fixture('stored.npz'), fixture('deflated.npz')], (bytes) => readNpz(bytes)],
])('%s', (_, rounds, files, read) => {
  it(`${rounds} damaged files`, async () => {
    let refused = 0;
    for (let seed = 1; seed <= rounds; seed++) {
      const random = randomOf(seed * 7919);
      const bytes = mutate(files[random(files.length)] as Uint8Array, random);
      try {
        const arrays = (await read(bytes)) as Record<string, ArrayRecord>;
        if (!isSound(arrays)) throw new Error('an array whose data does not fill its shape');
      } catch (error) {
        if (!(error instanceof FormatError)) throw new Error(`round ${seed}`, { cause: error });
        refused++;
      }
    }
    // Most edits must show; some only change a value.
    expect(refused).toBeGreaterThan(rounds / 3);
    expect(refused).toBeLessThan(rounds);
  });
});
