/** @file Fourier transforms by kernels: every algorithm agrees with the definition, and every path gives the same bits. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as c from '../../src/index.js';

const { fft } = c;
const isWasm = c.backend() === 'wasm';
const bytes = (x: c.Tensor): Uint8Array => new Uint8Array(x.dataSync().slice().buffer);
/** `toEqual` looks at numbers one by one, a hundred times as slowly. */
const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** The sums of numbers along a dimension as they are defined, up to frequency m, real and imaginary parts in turn. */
function defined(z: readonly c.Tensor[], dim: number, sign: number, m: number): Float64Array {
  const [shape, data] = [z[0]!.shape, z.map((x) => x.dataSync())];
  const n = shape[dim]!;
  const inner = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
  const outer = z[0]!.size / n / inner;
  const out = new Float64Array(2 * outer * m * inner);
  for (let row = 0; row < outer * inner; row++) {
    const [o, j] = [Math.floor(row / inner), row % inner];
    for (let k = 0; k < m; k++) {
      let [re, im] = [0, 0];
      for (let i = 0; i < n; i++) {
        const at = (o * n + i) * inner + j;
        const angle = (sign * 2 * Math.PI * ((i * k) % n)) / n;
        const [a, b] = [data[0]![at]!, data[1]?.[at] ?? 0];
        re += a * Math.cos(angle) - b * Math.sin(angle);
        im += a * Math.sin(angle) + b * Math.cos(angle);
      }
      out.set([re, im], 2 * ((o * m + k) * inner + j));
    }
  }
  return out;
}

const turns = ({ real, imag }: c.fft.Complex): ArrayLike<number> =>
  c.stack([real, imag], -1).dataSync();

/** Whether a transform of this length is a convolution: two transforms of at least twice the length. */
function isConvolution(n: number): boolean {
  let rest = n;
  for (let p = 2; p <= 31; p++) while (rest % p === 0) rest /= p;
  return rest > 1;
}

/** Off by a few units of the norm of a row, as sums of pairs are. */
function near(given: ArrayLike<number>, truth: ArrayLike<number>, n: number, unit: number): void {
  expect(given.length).toBe(truth.length);
  const passes = isConvolution(n) ? 2 * (Math.log2(2 * n) + 1) : Math.log2(n) + 1;
  const most = 2 * unit * Math.sqrt(n) * passes;
  let worst = 0;
  for (let i = 0; i < truth.length; i++) worst = Math.max(worst, Math.abs(given[i]! - truth[i]!));
  expect(worst).toBeLessThan(most);
}

describe.each([
  ['float32', 2 ** -24],
  ['float64', 2 ** -50],
] as const)('%s', (dtype, unit) => {
  // Rows by vectors of their own; blocks side by side, apart and together; every radix.
  const lengths = [2, 3, 7, 12, 16, 22, 26, 30, 32, 48, 64, 80, 96];
  // Primes with a pass of their own, once and twice, and beside other factors; larger ones go by a convolution.
  const primes = [11, 13, 17, 19, 23, 29, 31, 51, 76, 289, 368, 37, 74, 101, 257, 404];
  test.each([...lengths, ...primes])('length %i', (n) => {
    c.manualSeed(n);
    const m = Math.floor(n / 2) + 1;
    const given: [number[], number][] = [
      [[n], 0],
      [[21, n], 1],
      [[2, n, 3], 1],
      [[2, n, 24], 1],
    ];
    for (const [shape, dim] of given) {
      const [real, imag] = [c.randn(shape, { dtype }), c.randn(shape, { dtype })];
      const close = (z: c.fft.Complex, truth: Float64Array): void => near(turns(z), truth, n, unit);
      close(fft.fft({ real, imag }, { dim }), defined([real, imag], dim, -1, n));
      const back = fft.ifft({ real, imag }, { dim, norm: 'forward' });
      close(back, defined([real, imag], dim, 1, n));
      close(fft.fft(real, { dim }), defined([real], dim, -1, n));
      close(fft.rfft(real, { dim }), defined([real], dim, -1, m));
      if (dim > 0) {
        const one = fft.fft2({ real, imag }, { dim: [dim, 0] });
        const other = fft.fft2({ real, imag }, { dim: [0, dim] });
        near(turns(one), turns(other), n * shape[0]!, 2 * unit);
      }
      // The half that is given: the imaginary parts at its ends do not count.
      const half = [real, imag].map((x) => x.narrow(dim, 0, m)) as [c.Tensor, c.Tensor];
      const [first, second] = half;
      const k = c.arange(m).reshape([m, ...shape.slice(dim + 1).map(() => 1)]);
      const ends = k.eq(0).logicalOr(k.mul(2).eq(n));
      const inside = c.where(ends, c.zeros([], { dtype }), second);
      const rest = (x: c.Tensor): c.Tensor => x.narrow(dim, 1, n - m).flip([dim]);
      const whole = [
        c.cat([first, rest(first)], dim),
        c.cat([inside, rest(inside).neg()], dim),
      ] as const;
      const truth = defined(whole, dim, 1, n).filter((_, i) => i % 2 === 0);
      const inverse = fft.irfft({ real: first, imag: second }, { n, dim, norm: 'forward' });
      near(inverse.dataSync(), truth, n, unit);
    }
  });
});

describe.runIf(isWasm)('bits', () => {
  const before = c.getNumThreads();
  beforeAll(() => c.manualSeed(5));
  afterAll(() => c.setNumThreads(before));

  test.each([
    ['rows', [96, 256], 1],
    ['columns', [160, 96], 0],
    ['odd blocks', [167, 100], 1],
    ['convolutions', [167, 101], 1],
  ] as const)('of %s are those of one alone, on any number of threads', (_, shape, dim) => {
    const [real, imag] = [c.randn([...shape]), c.randn([...shape])];
    const all = (): Uint8Array[] => {
      const z = fft.fft({ real, imag }, { dim });
      const y = fft.rfft(real, { dim });
      return [z.real, z.imag, y.real, y.imag, fft.irfft(y, { dim })].map(bytes);
    };
    const results = [1, 2, 3].map((threads) => {
      c.setNumThreads(threads);
      return [all(), all()];
    });
    for (const result of results.flat())
      result.forEach((x, i) => expect(sameBytes(x, results[0]![0]![i]!)).toBe(true));
    const across = dim === 1 ? 0 : 1;
    const [a, b] = [real, imag].map((x) => x.narrow(across, 5, 1)) as [c.Tensor, c.Tensor];
    const alone = fft.fft({ real: a, imag: b }, { dim });
    const together = fft.fft({ real, imag }, { dim });
    expect(sameBytes(bytes(alone.real), bytes(together.real.narrow(across, 5, 1).clone()))).toBe(
      true,
    );
    const mapped = c.vmap((x: c.Tensor, y: c.Tensor) => fft.fft({ real: x, imag: y }).real, across)(
      real,
      imag,
    );
    const straight = dim === 1 ? together.real : together.real.t();
    expect(mapped.allClose(straight, { atol: 1e-4 })).toBe(true);
  });
});
