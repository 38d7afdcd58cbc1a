/** @file V8's revectorizer, turned on at run time: pairs of 128-bit vectors become 256-bit ones. */
import type { Kernel, Place } from '../../engine/kernel.js';
import { compileKernels, type RunFunction } from './compile.js';
import type { VectorWidth } from './kernelFunction.js';
import { SCRATCH_BUFFER } from './pointerTable.js';
import { scalarFunctions } from './special.js';
import { bestVectorWidth, wide } from './vectorWidth.js';

/** What `enableWideSimd` did. */
export type WideSimd =
  { readonly enabled: true } | { readonly enabled: false; readonly reason: string };

const FLAG = '--experimental-wasm-revectorize';

/** Turns it on where V8 has it and gives the same bits with it. */
export function turnOnWideSimd(): WideSimd {
  if (wide.enabled || bestVectorWidth().width === 'wide') return { enabled: true };
  const refused = unfit();
  if (refused !== null) return { enabled: false, reason: refused };
  const v8 = process.getBuiltinModule('node:v8');
  const narrow = checkBits('relaxed');
  v8.setFlagsFromString(FLAG);
  // The baseline compiler does not revectorize: the check is compiled by the optimizing one at once.
  v8.setFlagsFromString('--no-liftoff');
  let same = false;
  try {
    const bits = checkBits('wide');
    same = bits.every((x, i) => x === narrow[i]);
  } finally {
    v8.setFlagsFromString('--liftoff');
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

/** The bits of a product and of some functions of it. */
function checkBits(width: VectorWidth): Int32Array {
  const [m, n, k] = [37, 53, 300];
  const at = (buffer: number): Place => ({ buffer, dtype: 'float32', offset: 0 });
  const flat = (buffer: number): Place & { strides: number[] } => ({ ...at(buffer), strides: [1] });
  const op = (name: string, arg: number) =>
    ({ kind: 'op', op: name, args: [arg], dtype: 'float32' }) as const;
  const names = ['exp', 'tanh', 'sin', 'sigmoid', 'erf'];
  const load = { kind: 'load', input: 0, dtype: 'float32' } as const;
  const kernels: Kernel[] = [
    {
      ...{ kind: 'matmul', batch: [], m, n, k },
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
  const plan = compileKernels(kernels, { shared: false, threads: 1, width });
  const sizes = [m * k, k * n, ...Array.from({ length: 6 }, () => m * n)];
  const round = (bytes: number): number => Math.ceil(bytes / 64) * 64 + 64;
  const total = sizes.reduce((sum, size) => sum + round(size * 4), round(plan.scratchBytes) + 4096);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(total / 65536) });
  let top = 1024;
  const addresses = sizes.map((size) => {
    const at = top;
    top += round(size * 4);
    return at;
  });
  const pointers = plan.table.map((b) => (b === SCRATCH_BUFFER ? top : addresses[b]!));
  new Int32Array(memory.buffer, 64, pointers.length).set(pointers);
  const results = addresses[2]!;
  const inputs = new Float32Array(memory.buffer, 1024, (results - 1024) / 4);
  for (let i = 0; i < inputs.length; i++) inputs[i] = Math.sin(i * 12.9898) * 0.9;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(plan.bytes), {
    env: { memory },
    math: scalarFunctions(),
  });
  (exports['run'] as RunFunction)(64, 0, 1, 0);
  return new Int32Array(memory.buffer, results, (top - results) / 4).slice();
}
