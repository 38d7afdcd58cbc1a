/** @file V8's revectorizer, turned on at run time: pairs of 128-bit vectors become 256-bit ones. */
import type { Kernel } from '../../../engine/compile/kernel.js';
import type { Place } from '../../../engine/compile/place.js';
import { Forms } from './forms.js';
import type { VectorWidth } from '../assembler/kernelFunction.js';
import { listKernels } from './kernelList.js';
import { WasmMemory } from './memory.js';
import { bestVectorWidth, wide } from './vectorWidth.js';
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
      /** Why not. */
      readonly reason: string;
    };

/** The first has each kernel compiled anew, the second runs what came of it. */
const RUNS = 2;

/** Functions of the numbers below that are no NaN, whose bits may differ. */
const DOUBLE_NAMES = ['log1p', 'asin', 'neg', 'exp'];

const FLAG = '--experimental-wasm-revectorize';

/**
 * The baseline compiler does not revectorize: what the check compiles goes to the optimizing one as soon as it runs, which waits
 * for it. (Without the baseline compiler at all, V8 14 misses the counts that it inlines by, and ends the process.)
 */
const AT_ONCE = ['--wasm-sync-tier-up', '--wasm-tiering-budget=1'];
const AS_USUAL = ['--no-wasm-sync-tier-up', '--wasm-tiering-budget=13000000'];

/** Turns it on where V8 has it and gives the same bits with it. */
export function turnOnWideSimd(): WideSimd {
  if (wide.enabled || bestVectorWidth().width === 'wide') return { enabled: true };
  const refused = unfit();
  if (refused !== null) return { enabled: false, reason: refused };
  const v8 = process.getBuiltinModule('node:v8');
  const narrow = checkBits('relaxed');
  v8.setFlagsFromString(FLAG);
  for (const flag of AT_ONCE) v8.setFlagsFromString(flag);
  let same = false;
  try {
    const bits = checkBits('wide');
    same = bits.every((x, i) => x === narrow[i]);
  } finally {
    for (const flag of AS_USUAL) v8.setFlagsFromString(flag);
    if (!same) v8.setFlagsFromString(FLAG.replace('--', '--no-'));
  }
  if (!same) return { enabled: false, reason: 'its results differ from those of 128-bit vectors' };
  wide.enabled = true;
  return { enabled: true };
}

/** Why this engine cannot, or null. V8 prints an error when it is given a flag it does not know. */
function unfit(): string | null {
  if (typeof process !== 'object' || typeof process.getBuiltinModule !== 'function')
    return 'only Node.js lets a program set flags of V8';
  if (process.arch !== 'x64')
    return `only x64 processors have wider vectors, this is ${process.arch}`;
  const version = Number.parseInt(process.versions.v8, 10);
  if (!(version >= 13)) {
    return `it needs Node.js 24 or later (V8 13), this is ${process.version} (V8 ${process.versions.v8})`;
  }
  return null;
}

/** The bits of a product and of some functions of it, then of functions and maxima of doubles. */
function checkBits(width: VectorWidth): Int32Array {
  const [m, n, k] = [37, 53, 300];
  const at = (buffer: number): Place => ({ buffer, dtype: 'float32', offset: 0 });
  const flat = (buffer: number): Place & { strides: number[] } => ({ ...at(buffer), strides: [1] });
  const op = (name: string, arg: number) =>
    ({ kind: 'op', op: name, args: [arg], dtype: 'float32' }) as const;
  const names = ['exp', 'tanh', 'sin', 'sigmoid', 'log1p'];
  const load = { kind: 'load', input: 0, dtype: 'float32' } as const;
  const kernels: Kernel[] = [
    {
      ...{ kind: 'matmul', along: 'column', batch: [], m, n, k },
      a: { ...at(0), strides: [k, 1] },
      b: { ...at(1), strides: [n, 1] },
      out: { ...at(2), strides: [n, 1] },
    },
    {
      ...{ kind: 'loop', outer: [m * n], inner: [], inputs: [flat(2)] },
      body: [load, ...names.map((name) => op(name, 0))],
      outputs: names.map((_, i) => ({ ...flat(3 + i), value: 1 + i })),
    },
  ];
  // Of its own: what it compiles is compiled in the way being checked.
  const memory = new WasmMemory();
  const forms = new Forms(memory);
  const firstDouble = 3 + names.length;
  kernels.push(...doubleKernels(firstDouble, m, n));
  const sizes = [m * k, k * n];
  while (sizes.length < firstDouble) sizes.push(m * n);
  // What is read, a result of each function, and the maxima: of doubles, two words each.
  while (sizes.length < firstDouble + DOUBLE_NAMES.length + 2) sizes.push(2 * m * n);
  const addresses = sizes.map((size) => memory.allocate(size * 4));
  const floats = (i: number): Float32Array =>
    memory.view('float32', addresses[i] as number, sizes[i] as number) as Float32Array;
  const plan = new WasmPlan(forms, listKernels(kernels, forms, { threads: 1, width }));
  plan.setBuffers(addresses);
  for (const array of [floats(0), floats(1)])
    for (let i = 0; i < array.length; i++) array[i] = Math.sin(i * 12.9898) * 0.9;
  const numbers = memory.view('float64', addresses[firstDouble] as number, m * n) as Float64Array;
  for (let i = 0; i < numbers.length; i++) numbers[i] = Math.sin(i * 12.9898) * 0.9;
  for (let run = 0; run < RUNS; run++) plan.run();
  const results = sizes.slice(2).map((_, i) => floats(2 + i));
  return Int32Array.from(
    results.flatMap(({ buffer, byteOffset, length }) => [
      ...new Int32Array(buffer, byteOffset, length),
    ]),
  );
}

/** Functions and the maxima of rows of the doubles in buffer `first`, each into a buffer after it. */
function doubleKernels(first: number, row: number, rows: number): Kernel[] {
  const load = { kind: 'load', input: 0, dtype: 'float64' } as const;
  const at = (buffer: number, strides: readonly number[]) =>
    ({ buffer, dtype: 'float64', offset: 0, strides }) as const;
  return [
    {
      ...{ kind: 'loop', outer: [row * rows], inner: [], inputs: [at(first, [1])] },
      body: [
        load,
        ...DOUBLE_NAMES.map((op) => ({ kind: 'op', op, args: [0], dtype: 'float64' }) as const),
      ],
      outputs: DOUBLE_NAMES.map((_, i) => ({ ...at(first + 1 + i, [1]), value: 1 + i })),
    },
    {
      ...{ kind: 'loop', outer: [rows], inner: [row], inputs: [at(first, [row, 1])] },
      body: [load, { kind: 'reduce', op: 'max', arg: 0, dtype: 'float64' }],
      outputs: [{ ...at(first + 1 + DOUBLE_NAMES.length, [1]), value: 1 }],
    },
  ];
}
