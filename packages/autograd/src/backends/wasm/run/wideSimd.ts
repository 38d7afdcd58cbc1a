/** @file V8's revectorizer, turned on at run time: pairs of 128-bit vectors become 256-bit ones. */
import type { Kernel } from '../../../engine/compile/kernel.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import { itemSize } from '../../../graph/dtype.js';
import { Forms } from './forms.js';
import type { VectorWidth } from '../assembler/kernelFunction.js';
import { listKernels } from './kernelList.js';
import { WasmMemory } from './memory.js';
import { bestVectorWidth, wideSimdState } from './vectorWidth.js';
import { WasmPlan } from './wasmPlan.js';

/** What `enableWideSimd` did. */
export type WideSimd =
  | {
      /** Whether vectors of 256 bits are used. */
      readonly enabled: true;
    }
  | {
      /** Whether vectors of 256 bits are used. */
      readonly enabled: false;
      /** The reason. */
      readonly reason: string;
    };

/** The first run compiles each kernel again, the second runs the result. */
const RUNS = 2;

/** Functions of the numbers below that give no NaN, whose bits may differ. */
const FUNCTIONS = ['exp', 'tanh', 'sin', 'sigmoid', 'log1p', 'asin', 'neg'];
const FOLDS = ['max', 'min', 'sum'] as const;

const FLAG = '--experimental-wasm-revectorize';

/**
 * The baseline compiler does not revectorize. With these flags, what the check compiles is recompiled by the optimizing
 * compiler as soon as it runs, and the run waits for it. (With the baseline compiler off, V8 14 lacks the call counts that it
 * inlines by, and crashes.)
 */
const EAGER_FLAGS = ['--wasm-sync-tier-up', '--wasm-tiering-budget=1'];
const DEFAULT_FLAGS = ['--no-wasm-sync-tier-up', '--wasm-tiering-budget=13000000'];

/** Turns the revectorizer on if V8 has it and gives the same bits with it. */
export function turnOnWideSimd(): WideSimd {
  if (wideSimdState.enabled || bestVectorWidth().width === 'wide') return { enabled: true };
  const refused = unsupportedReason();
  if (refused !== null) return { enabled: false, reason: refused };
  const v8 = process.getBuiltinModule('node:v8');
  const narrow = checkBits('relaxed');
  v8.setFlagsFromString(FLAG);
  for (const flag of EAGER_FLAGS) v8.setFlagsFromString(flag);
  let same = false;
  try {
    const bits = checkBits('wide');
    same = bits.every((x, i) => x === narrow[i]);
  } finally {
    for (const flag of DEFAULT_FLAGS) v8.setFlagsFromString(flag);
    if (!same) v8.setFlagsFromString(FLAG.replace('--', '--no-'));
  }
  if (!same) return { enabled: false, reason: 'its results differ from those of 128-bit vectors' };
  wideSimdState.enabled = true;
  return { enabled: true };
}

/** The reason why this engine cannot do it, or null. V8 prints an error when it gets a flag that it does not know. */
function unsupportedReason(): string | null {
  if (typeof process !== 'object' || typeof process.getBuiltinModule !== 'function')
    return 'only Node.js lets a program set V8 flags';
  if (process.arch !== 'x64')
    return `only x64 processors have wider vectors, this is ${process.arch}`;
  const version = Number.parseInt(process.versions.v8, 10);
  if (!(version >= 13)) {
    return `it needs Node.js 24 or later (V8 13), this is ${process.version} (V8 ${process.versions.v8})`;
  }
  return null;
}

/** The bits of a product, and of functions and row folds in both precisions. */
function checkBits(width: VectorWidth): Int32Array {
  const [m, n, k] = [37, 53, 300];
  const at = (buffer: number): BufferRef => ({ buffer, dtype: 'float32', offset: 0 });
  const product: Kernel = {
    ...{ kind: 'matmul', along: 'column', batch: [], m, n, k },
    a: { ...at(0), strides: [k, 1] },
    b: { ...at(1), strides: [n, 1] },
    out: { ...at(2), strides: [n, 1] },
  };
  const sizes: Sized[] = [
    ['float32', m * k],
    ['float32', k * n],
    ['float32', m * n],
  ];
  const kernels = [product, ...loopsOf('float32', n, m, sizes), ...loopsOf('float64', n, m, sizes)];
  // A memory of its own, so that everything is compiled in the mode being checked.
  const memory = new WasmMemory();
  const forms = new Forms(memory);
  const places = sizes.map(([dtype, size]) => memory.allocate(size * itemSize[dtype]));
  const views = sizes.map(([dtype, size], i) => memory.view(dtype, places[i] as number, size));
  const plan = new WasmPlan(forms, listKernels(kernels, forms, { threads: 1, width }));
  plan.setBuffers(places);
  for (const view of views)
    for (let i = 0; i < view.length; i++) view[i] = Math.sin(i * 12.9898) * 0.9;
  for (let run = 0; run < RUNS; run++) plan.run();
  return Int32Array.from(
    views.flatMap(({ buffer, byteOffset, byteLength }) => [
      ...new Int32Array(buffer, byteOffset, byteLength / 4),
    ]),
  );
}

type Sized = [dtype: 'float32' | 'float64', size: number];

/** Functions of a new buffer's numbers, and the extremes of its rows, each into a new buffer. */
function loopsOf(dtype: Sized[0], row: number, rows: number, sizes: Sized[]): Kernel[] {
  const load = { kind: 'load', input: 0, dtype } as const;
  const named = (size: number): { buffer: number; dtype: Sized[0]; offset: number } => ({
    buffer: sizes.push([dtype, size]) - 1,
    dtype,
    offset: 0,
  });
  const from = named(row * rows);
  return [
    {
      ...{ kind: 'loop', outer: [row * rows], inner: [], inputs: [{ ...from, strides: [1] }] },
      body: [load, ...FUNCTIONS.map((op) => ({ kind: 'op', op, args: [0], dtype }) as const)],
      outputs: FUNCTIONS.map((_, i) => ({ ...named(row * rows), strides: [1], value: 1 + i })),
    },
    {
      ...{ kind: 'loop', outer: [rows], inner: [row], inputs: [{ ...from, strides: [row, 1] }] },
      body: [load, ...FOLDS.map((op) => ({ kind: 'reduce', op, arg: 0, dtype }) as const)],
      outputs: FOLDS.map((_, i) => ({ ...named(rows), strides: [1], value: 1 + i })),
    },
  ];
}
