/** @file Products by BLAS: close to sums in double precision, the same bits each time and for any number of threads. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { MatmulKernel } from '../../engine/compile/kernel.js';
import type { ConvKernel } from '../../engine/compile/operators.js';
import type { Access, BufferRef } from '../../engine/compile/bufferRef.js';
import { planBlasMatmul, piecesOf } from '../wasm/products/blasProduct.js';
import { Forms } from '../wasm/run/forms.js';
import { listKernels } from '../wasm/run/kernelList.js';
import { WasmMemory } from '../wasm/run/memory.js';
import { ThreadPool } from '../wasm/threads/pool.js';
import { referenceMatmul } from '../wasm/run/testBench.js';
import { WasmPlan } from '../wasm/run/wasmPlan.js';
import { blasSource, findBlas } from './blas.js';
import { loadGemm } from './gemm.js';
import { candidateAt, candidates, wantsSkylakeX } from './libraries.js';
import { convolution } from '../../kernels/convolution.js';

const memory = new WasmMemory({ shared: true });
const forms = new Forms(memory);
const available = memory.shared && blasSource(memory.memory) !== null;
const why = findBlas();
if (typeof why === 'string') console.warn(`SKIPPED, no BLAS to test: ${why}`);
const pool = available ? new ThreadPool(memory, 3, { source: blasSource, load: loadGemm }) : null;
afterAll(() => pool?.dispose());

type Float = 'float32' | 'float64';

/** The layout of the last two dimensions: plain, transposed, or with gaps between rows. */
function operand(
  buffer: number,
  dtype: Float,
  [rows, columns]: readonly [number, number],
  { transposed, gap, batch, repeat }: Lay & { batch: readonly number[] },
): Access {
  const leading = (transposed ? rows : columns) + gap;
  const own = leading * (transposed ? columns : rows);
  const steps = batch.map((_, d) => (repeat ? 0 : batch.slice(d + 1).reduce((p, x) => p * x, own)));
  return {
    buffer,
    dtype,
    offset: 3,
    strides: [...steps, ...(transposed ? [1, leading] : [leading, 1])],
  };
}

interface Lay {
  readonly transposed: boolean;
  readonly gap: number;
  readonly repeat: boolean;
}
const lay = fc.record({ transposed: fc.boolean(), gap: fc.nat(5), repeat: fc.boolean() });
const size = fc.integer({ min: 8, max: 150 });
const problem = fc
  .record({
    dtype: fc.constantFrom<Float>('float32', 'float64'),
    batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    m: size,
    n: size,
    k: size,
    a: lay,
    b: lay,
  })
  .filter(({ m, n, k }) => m * n * k >= 32 * 1024)
  .map(({ dtype, batch, m, n, k, a, b }): MatmulKernel => {
    const out = { transposed: false, gap: 0, repeat: false, batch };
    return {
      ...{ kind: 'matmul', along: 'column', batch, m, n, k },
      a: operand(0, dtype, [m, k], { ...a, batch }),
      b: operand(1, dtype, [k, n], { ...b, batch }),
      out: operand(2, dtype, [m, n], out),
    };
  });

const extent = ({ strides, offset }: Access, shape: readonly number[]): number =>
  strides.reduce((sum, s, d) => sum + s * ((shape[d] as number) - 1), offset) + 1;

/** The buffers of a problem, the result's full of NaN: it must be written without being read. */
function buffersOf({ batch, m, n, k, a, b, out }: MatmulKernel): (Float32Array | Float64Array)[] {
  const Type = out.dtype === 'float64' ? Float64Array : Float32Array;
  const noise = (length: number, seed: number): Float32Array | Float64Array =>
    new Type(length).map((_: number, i: number) => Math.sin((i + seed) * 12.9898));
  return [
    noise(extent(a, [...batch, m, k]), 1),
    noise(extent(b, [...batch, k, n]), 2),
    new Type(extent(out, [...batch, m, n])).fill(NaN),
  ];
}

function multiply(
  kernel: MatmulKernel,
  buffers: readonly (Float32Array | Float64Array)[],
  threaded = false,
): Float32Array | Float64Array {
  const compiled = listKernels([kernel], forms, { threads: 3, blas: true });
  expect(compiled.usesBlas).toBe(true);
  const addresses = buffers.map((array) => memory.store(kernel.out.dtype, array));
  const plan = new WasmPlan(forms, compiled, threaded ? (pool ?? undefined) : undefined);
  plan.setBuffers(addresses);
  if (threaded) plan.runThreaded();
  else plan.run();
  const last = addresses[2] as number;
  const length = (buffers[2] as Float32Array).length;
  const result = memory.view(kernel.out.dtype, last, length).slice();
  plan.dispose();
  for (const address of addresses) memory.release(address);
  return result as Float32Array;
}

describe.runIf(available)('a BLAS library', () => {
  test('multiplies matrices of any strides it knows as loops in double precision do', () => {
    fc.assert(
      fc.property(problem, (kernel) => {
        const buffers = buffersOf(kernel);
        const want = referenceMatmul(kernel, buffers);
        const got = multiply(kernel, buffers);
        const unit = kernel.out.dtype === 'float64' ? 2 ** -53 : 2 ** -24;
        want.forEach((x, i) => {
          // More than the error bound for a sum of k products, each at most 1.
          if (i >= kernel.out.offset && !(Math.abs(x - got[i]!) <= kernel.k * unit * kernel.k))
            expect({ i, got: got[i] }).toEqual({ i, got: x });
        });
      }),
      { numRuns: 60 },
    );
  });

  test('gives the same bits each time and for any number of threads', () => {
    expect(pool?.waitUntilReady()).toBe(true);
    const alike = { transposed: false, gap: 0, repeat: false, batch: [] };
    for (const [m, n, k] of [
      [200, 300, 400],
      [512, 512, 64],
      [1000, 40, 333],
    ] as const) {
      for (const dtype of ['float32', 'float64'] as const) {
        const kernel: MatmulKernel = {
          ...{ kind: 'matmul', along: 'column', batch: [], m, n, k },
          a: operand(0, dtype, [m, k], alike),
          b: operand(1, dtype, [k, n], { ...alike, transposed: true }),
          out: operand(2, dtype, [m, n], alike),
        };
        const buffers = buffersOf(kernel);
        const alone = Buffer.from(multiply(kernel, buffers).buffer);
        for (let run = 0; run < 3; run++)
          expect(alone.equals(Buffer.from(multiply(kernel, buffers, true).buffer))).toBe(true);
      }
    }
  });

  test.each(['forward', 'gradInput', 'gradWeight'] as const)('convolutions: %s', (direction) => {
    const [batch, inChannels, outChannels, side] = [3, 16, 32, 14];
    const sizes = {
      x: batch * inChannels * side * side,
      w: outChannels * inChannels * 9,
      y: batch * outChannels * side * side,
    };
    const roles = { forward: 'xwy', gradInput: 'ywx', gradWeight: 'xyw' } as const;
    const lengths = [...roles[direction]].map((role) => sizes[role as 'x' | 'w' | 'y']);
    const at = (buffer: number): BufferRef => ({ buffer, dtype: 'float32', offset: 0 });
    const kernel: ConvKernel = {
      family: convolution,
      ...{ kind: 'conv', direction, batch, groups: 1, inChannels, outChannels },
      ...{ size: [side, side], window: [3, 3], outSize: [side, side], stride: [1, 1] },
      ...{ padLow: [1, 1], padHigh: [1, 1], dilation: [1, 1] },
      inputs: [at(0), at(1)],
      out: at(2),
    };
    const addresses = lengths.map((length, k) =>
      memory.store(
        'float32',
        Float32Array.from({ length }, (_, i) => (k < 2 ? Math.sin(i * 12.9898 + k) : NaN)),
      ),
    );
    const results = [false, true].map((blas) => {
      const compiled = listKernels([kernel], forms, { threads: 3, blas });
      expect(compiled.usesBlas).toBe(blas);
      const plan = new WasmPlan(forms, compiled, pool ?? undefined);
      plan.setBuffers(addresses);
      plan.runThreaded();
      const [result, again] = [0, 1].map(() => {
        if (compiled.usesBlas) plan.runThreaded();
        return memory.view('float32', addresses[2] as number, lengths[2] as number).slice();
      });
      expect(again).toEqual(result);
      plan.dispose();
      return result as Float32Array;
    });
    const [own, byBlas] = results as [Float32Array, Float32Array];
    own.forEach((x, i) => expect(Math.abs(x - byBlas[i]!)).toBeLessThan(1e-3));
    for (const address of addresses) memory.release(address);
  });

  test('NaN and infinities go through', () => {
    const alike = { transposed: false, gap: 0, repeat: false, batch: [] };
    const kernel: MatmulKernel = {
      ...{ kind: 'matmul', along: 'column', batch: [], m: 40, n: 40, k: 40 },
      a: operand(0, 'float32', [40, 40], alike),
      b: operand(1, 'float32', [40, 40], alike),
      out: operand(2, 'float32', [40, 40], alike),
    };
    const buffers = buffersOf(kernel);
    buffers[0]!.fill(0, 3);
    buffers[1]!.fill(1);
    buffers[0]![3 + 40 * 5] = NaN; // row 5
    buffers[1]![3 + 7] = Infinity; // column 7 of the first row: 0 · ∞
    const got = multiply(kernel, buffers).subarray(3);
    for (let i = 0; i < 1600; i++) {
      const nan = Math.floor(i / 40) === 5 || i % 40 === 7;
      expect(Number.isNaN(got[i])).toBe(nan);
    }
  });
});

describe('the products it computes', () => {
  const plain = { transposed: false, gap: 0, repeat: false, batch: [] };
  const kernel = (m: number, n: number, k: number): MatmulKernel => ({
    ...{ kind: 'matmul', along: 'column', batch: [], m, n, k },
    a: operand(0, 'float32', [m, k], plain),
    b: operand(1, 'float32', [k, n], plain),
    out: operand(2, 'float32', [m, n], plain),
  });
  const taken = (k: MatmulKernel): boolean => planBlasMatmul(k) !== null;

  test('large ones whose strides it knows', () => {
    expect(taken(kernel(64, 64, 64))).toBe(true);
    expect(taken(kernel(16, 16, 16))).toBe(false);
    expect(taken(kernel(4, 1000, 1000))).toBe(false);
    const every = kernel(64, 64, 64);
    expect(taken({ ...every, a: { ...every.a, strides: [128, 2] } })).toBe(false);
    expect(taken({ ...every, a: { ...every.a, strides: [0, 1] } })).toBe(false);
    expect(taken({ ...every, b: { ...every.b, strides: [-64, 1] } })).toBe(false);
  });

  test('splits products by shape, and small ones not at all', () => {
    expect(piecesOf(128, 128, 128)).toEqual({ rows: 1, columns: 1 });
    expect(piecesOf(64, 1024, 784)).toEqual({ rows: 1, columns: 2 });
    expect(piecesOf(1024, 128, 512)).toEqual({ rows: 4, columns: 1 });
    expect(piecesOf(1024, 1024, 1024)).toEqual({ rows: 2, columns: 4 });
    // Several products are separate pieces already; thin products are not cut.
    expect(piecesOf(256, 256, 256, 8)).toEqual({ rows: 1, columns: 1 });
    expect(piecesOf(100, 100, 10_000)).toEqual({ rows: 1, columns: 1 });
  });
});

test('libraries by their usual names', () => {
  expect(candidates('linux', 'x64')[0]).toEqual({ name: 'OpenBLAS', path: 'libopenblas.so.0' });
  expect(candidates('darwin', 'arm64')[0]?.name).toBe('Accelerate');
  // The loaders of these systems also look for bare names in the current folder.
  const within = candidates('win32', 'x64', 'C:\\blas;.;relative;\\\\server\\share');
  expect(within.map(({ path }) => path)).toContain('C:\\blas\\libopenblas.dll');
  for (const { path } of within) expect(path).toMatch(/^(C:|\\)\\/);
  for (const { path } of candidates('darwin', 'arm64')) expect(path).toMatch(/^\//);
  expect(candidateAt('/opt/libmkl_rt.so').name).toBe('MKL');
  expect(candidateAt('/opt/libother.so').name).toBe('BLAS');
});

test('the kernels for AVX-512 are asked for on processors that OpenBLAS does not know', () => {
  const flags = 'flags\t\t: fpu avx2 avx512f avx512bw avx512cd avx512dq avx512vl';
  expect(wantsSkylakeX(`vendor_id\t: AuthenticAMD\n${flags}\n`)).toBe(true);
  expect(wantsSkylakeX(`vendor_id\t: GenuineIntel\n${flags}\n`)).toBe(false);
  expect(wantsSkylakeX('vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2 avx512f\n')).toBe(false);
  expect(wantsSkylakeX('')).toBe(false);
});
