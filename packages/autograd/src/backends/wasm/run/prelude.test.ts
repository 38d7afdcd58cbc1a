/** @file Forms of the prelude: the same as would be written at run time, found by the same keys, with the same bits. */
import { expect, test } from 'vitest';
import * as chainrule from '../../../index.js';
import { engine } from '../../../engine/engine.js';
import { wasmBackend } from '../backend.js';
import { Arrays } from './arrays.js';
import { Forms } from './forms.js';
import { writePrelude } from './prelude.js';
import { preludeOf, type Prelude } from './preludeFile.js';
import { bestVectorWidth } from './vectorWidth.js';

const rows = Array.from({ length: 40 }, (_, i) => Math.sin(i * i));

/** Values of a small program that is walked, planned and found again. */
function work(): Float32Array[] {
  const w = new chainrule.Parameter(chainrule.tensor(rows).reshape([8, 5]));
  return Array.from({ length: 12 }, (_, i) => {
    w.grad = null;
    const x = chainrule
      .tensor(rows)
      .mul(i + 1)
      .reshape([5, 8]);
    x.matmul(w).tanh().softmax(1).square().mean().backward();
    return w.grad!.dataSync('float32');
  });
}

/** Runs it over a memory of its own. */
function workOver(kind: typeof Forms): { readonly values: Float32Array[]; readonly forms: Forms } {
  const { backend } = engine;
  const arrays = new Arrays(true, kind);
  engine.backend = wasmBackend({ threads: 1, arrays });
  try {
    return { values: work(), forms: arrays.forms };
  } finally {
    engine.backend = backend;
  }
}

const cosine = (): unknown => chainrule.tensor(rows).cos().dataSync();
const works = [work, cosine];
const files = writePrelude(bestVectorWidth(), works);
const prelude = preludeOf(files.text, (part) => files.modules[part]!);

class WithPrelude extends Forms {
  protected override load(): Prelude {
    return prelude;
  }
}

test('a process with the prelude compiles none of its kernels, and computes the same bits', () => {
  const without = workOver(Forms);
  const withIt = workOver(WithPrelude);
  expect(withIt.values).toEqual(without.values);
  expect(withIt.values[0]!.some((x) => x !== 0)).toBe(true);
  // Only the driver and one module of the prelude were compiled: no other forms, and not the module of which nothing is needed.
  const [module] = files.modules;
  expect(withIt.forms.modules.map((one) => one.bytes)).toEqual([expect.anything(), module]);
  expect(withIt.forms.useCount).toBe(without.forms.useCount);
});

test('is written identically each time, also for unsupported vector widths', () => {
  expect(writePrelude(bestVectorWidth(), works)).toEqual(files);
  const [relaxed, plain] = (['relaxed', 'simd128'] as const).map((width) =>
    writePrelude({ width, fma: width === 'relaxed' }, works),
  );
  expect(relaxed).not.toEqual(plain);
});

test('compiles kernels that the prelude lacks', () => {
  const other = workOver(
    class extends Forms {
      protected override load(): Prelude {
        return {
          ...prelude,
          keys: prelude.keys.map((key, i) => (i % 2 === 0 ? key : `no ${key}`)),
          ways: new Map([...prelude.ways].filter(([, found]) => parseInt(found) % 2 === 0)),
        };
      }
    },
  );
  expect(other.values).toEqual(workOver(Forms).values);
  expect(other.forms.modules.length).toBeGreaterThan(2);
});
