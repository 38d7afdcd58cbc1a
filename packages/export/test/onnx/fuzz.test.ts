/** @file Structure-aware fuzzing of the ONNX reader: damaged and edited files give a module or a FormatError, nothing else. */
import { expect, test } from 'vitest';
import { ChainruleError, FormatError, type Tensor, zeros } from '@chainrule/autograd';
import { importOnnx, type OnnxModule } from '@chainrule/export';
import { readTar } from './tar.js';

/** A small generator of its own, so that a failing round can be named by its seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Edits as protobuf would notice them: flipped bits, edge values, lengths, parts cut, copied and moved. */
function mutate(original: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = original.slice();
  const edges = [0, 1, 2, 8, 0x0a, 0x12, 0x7f, 0x80, 0xff];
  for (let edits = 1 + random(3); edits > 0; edits--) {
    const at = random(bytes.length);
    const length = random(random(2) ? 9 : Math.min(bytes.length, 400));
    switch (random(6)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        bytes[at] = edges[random(edges.length)] ?? 0;
        break;
      case 2:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
        break;
      case 3: {
        const part = bytes.subarray(at, at + length);
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...part, ...bytes.subarray(at)]);
        break;
      }
      case 4:
        bytes.set(bytes.slice(at, at + length), random(Math.max(1, bytes.length - length)));
        break;
      case 5:
        bytes = bytes.slice(0, at);
        break;
    }
    if (bytes.length === 0) bytes = original.slice();
  }
  return bytes;
}

const cases = readTar('cases.tar.gz');
const small = [...cases]
  .filter(([name, bytes]) => name.endsWith('model.onnx') && bytes.length < 2000)
  .map(([, bytes]) => bytes);
const models = [...readTar('models.tar.gz')]
  .filter(([name, bytes]) => name.endsWith('.onnx') && bytes.length < 12_000)
  .map(([, bytes]) => bytes);

const limits = { elements: 100_000, iterations: 50, steps: 2000 };

/** Runs what was read on zeros of the shapes that it names. */
function run(model: OnnxModule): void {
  const inputs = model.inputs.map(({ shape, type }): Tensor => {
    const sizes = (shape ?? []).map((n) => (typeof n === 'number' ? Math.min(n, 64) : 2));
    const dtype =
      type === 'double'
        ? 'float64'
        : type === 'bool'
          ? 'bool'
          : type === 'float'
            ? 'float32'
            : 'int32';
    return zeros(sizes, { dtype });
  });
  for (const y of model.run(...inputs)) if (y.size < 10_000) y.dataSync();
}

test('4000 damaged files are read, or refused with a reason', { timeout: 120_000 }, () => {
  const files = [...small, ...models];
  let refused = 0;
  for (let seed = 1; seed <= 4000; seed++) {
    const random = randomOf(seed * 7919);
    const bytes = mutate(files[random(files.length)] as Uint8Array, random);
    try {
      importOnnx(bytes, { limits });
    } catch (error) {
      if (!(error instanceof FormatError)) throw new Error(`round ${seed}`, { cause: error });
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(1000);
  expect(refused).toBeLessThan(4000);
});

test(
  '1500 damaged files that were read are run, or refused with a reason',
  { timeout: 120_000 },
  () => {
    let [ran, refused] = [0, 0];
    for (let seed = 1; seed <= 1500; seed++) {
      const random = randomOf(seed * 104_729);
      const bytes = mutate(small[random(small.length)] as Uint8Array, random);
      try {
        run(importOnnx(bytes, { limits }));
        ran++;
      } catch (error) {
        if (!(error instanceof ChainruleError)) throw new Error(`round ${seed}`, { cause: error });
        refused++;
      }
    }
    expect(ran).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(200);
  },
);
