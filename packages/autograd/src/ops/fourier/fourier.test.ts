/** @file Fourier transforms against their definition for every length, laws, norms, and errors. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fft,
  istft,
  manualSeed,
  rand,
  randn,
  signal,
  stft,
  tensor,
  type Tensor,
} from '../../index.js';
import { planOf } from '../../kernels/plain/plainFourier.js';

const double = { dtype: 'float64' } as const;

/** The sums, as defined. */
function direct(x: ArrayLike<number>, y: ArrayLike<number>): [number[], number[]] {
  const n = x.length;
  const [re, im]: [number[], number[]] = [[], []];
  for (let k = 0; k < n; k++) {
    let [a, b] = [0, 0];
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      a += x[j]! * Math.cos(angle) - y[j]! * Math.sin(angle);
      b += x[j]! * Math.sin(angle) + y[j]! * Math.cos(angle);
    }
    re.push(a);
    im.push(b);
  }
  return [re, im];
}

const near = (a: ArrayLike<number>, b: ArrayLike<number>, atol: number): void => {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < b.length; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(atol);
};

describe('lengths', () => {
  it('every length up to 70, and primes, powers and products beyond, as defined', () => {
    manualSeed(1);
    const lengths = [
      ...Array.from({ length: 70 }, (_, i) => i + 1),
      97,
      121,
      128,
      169,
      210,
      256,
      263,
      289,
      343,
    ];
    for (const n of lengths) {
      const [x, y] = [rand([n], double), rand([n], double)];
      const { real, imag } = fft.fft({ real: x, imag: y });
      const [re, im] = direct(x.dataSync(), y.dataSync());
      near(real.dataSync(), re, 1e-11);
      near(imag.dataSync(), im, 1e-11);
    }
  });

  it('long ones and large primes keep their digits: a pure tone is one frequency', () => {
    for (const n of [4096, 5040, 6007, 8191]) {
      const [re, im] = [new Float64Array(n), new Float64Array(n)];
      const tone = 1234;
      for (let j = 0; j < n; j++) {
        const angle = (2 * Math.PI * ((j * tone) % n)) / n;
        re[j] = Math.cos(angle);
        im[j] = Math.sin(angle);
      }
      planOf(n)(re, im);
      for (let k = 0; k < n; k++) {
        expect(Math.abs(re[k]! - (k === tone ? n : 0))).toBeLessThan(1e-10);
        expect(Math.abs(im[k]!)).toBeLessThan(1e-10);
      }
    }
  });

  // PyTorch's largest errors in twenty such draws are 2.6e-5, 4.2e-5 and 1.6e-4.
  it('float32 keeps the digits of single precision: two units of the norm of the row for each pass of radix 2', () => {
    manualSeed(2);
    for (const n of [1000, 1024, 4096]) {
      const x = rand([n]);
      const { real } = fft.fft(x);
      const truth = fft.fft(x.cast('float64')).real.dataSync();
      const most = 2 ** -22 * Math.log2(n) * x.norm().item();
      real.dataSync().forEach((v, k) => expect(Math.abs(v - truth[k]!)).toBeLessThan(most));
    }
  });
});

describe('laws', () => {
  const sizes = fc.integer({ min: 1, max: 40 });
  const norms = fc.constantFrom('backward', 'ortho', 'forward');

  it('each transform undoes the other, in every norm', () => {
    fc.assert(
      fc.property(sizes, norms, (n, norm) => {
        const z = { real: randn([2, n], double), imag: randn([2, n], double) };
        const back = fft.ifft(fft.fft(z, { norm }), { norm });
        near(back.real.dataSync(), z.real.dataSync(), 1e-12);
        near(back.imag.dataSync(), z.imag.dataSync(), 1e-12);
        near(
          fft.irfft(fft.rfft(z.real, { norm }), { n, norm }).dataSync(),
          z.real.dataSync(),
          1e-12,
        );
        near(
          fft.hfft(fft.ihfft(z.real, { norm }), { n, norm }).dataSync(),
          z.real.dataSync(),
          1e-12,
        );
        const both = fft.irfftn(fft.rfftn(z.real, { norm }), { s: [2, n], norm });
        near(both.dataSync(), z.real.dataSync(), 1e-12);
      }),
      { numRuns: 30 },
    );
  });

  it('energy is kept (Parseval), and a shift is undone', () => {
    manualSeed(3);
    const z = { real: randn([30], double), imag: randn([30], double) };
    const energy = ({ real, imag }: fft.Complex): number =>
      real.square().add(imag.square()).sum().item();
    expect(energy(fft.fft(z, { norm: 'ortho' }))).toBeCloseTo(energy(z), 10);
    expect(fft.ifftshift(fft.fftshift(z.real)).equal(z.real)).toBe(true);
    expect(Array.from(fft.fftshift(fft.fftfreq(5)).mul(5).dataSync()).map(Math.round)).toEqual([
      -2, -1, 0, 1, 2,
    ]);
  });

  it('short-time transforms and back give the signal', () => {
    manualSeed(4);
    const x = randn([2, 100], double);
    const window = signal.windows.hann(16, { sym: false, dtype: 'float64' });
    for (const options of [{}, { normalized: true }, { onesided: false }, { hopLength: 5 }]) {
      const spectrum = stft(x, 16, { window, ...options });
      const y = istft(spectrum, 16, { window, ...options, length: 100 });
      const covered = (t: Tensor): ArrayLike<number> => t.narrow(1, 0, 95).dataSync();
      near(covered(y), covered(x), 1e-12);
    }
  });
});

describe('edges', () => {
  it('integers become float32, and a tensor stands for a complex one', () => {
    const { real, imag } = fft.fft(tensor([1, 2], { dtype: 'int32' }));
    expect([real.dtype, Array.from(real.dataSync()), Array.from(imag.dataSync())]).toEqual([
      'float32',
      [3, -1],
      [0, 0],
    ]);
  });

  it('refuses empty input, mismatched parts, unknown norms and dimensions', () => {
    const x = tensor([1, 2, 3]);
    expect(() => fft.fft(tensor(new Float32Array(0)))).toThrow(
      /fft\.fft: a transform needs at least one/,
    );
    expect(() => fft.fft(tensor(1))).toThrow(/fft\.fft: expected at least one dimension/);
    expect(() => fft.fft({ real: x, imag: tensor([1, 2]) })).toThrow(
      /real part has shape \[3\].*\[2\]/,
    );
    expect(() => fft.fft(x, { norm: 'none' as 'ortho' })).toThrow(/fft\.fft: norm must/);
    expect(() => fft.fft(x, { dim: 2 })).toThrow(/fft\.fft: dimension 2/);
    expect(() => fft.fft2(x)).toThrow(/fft\.fft2: expected at least 2 dimensions/);
    expect(() => fft.rfft({ real: x, imag: x } as unknown as Tensor)).toThrow(
      /expected a real tensor/,
    );
    expect(() => fft.fftn(rand([2, 2]), { s: [2], dim: [0, 1] })).toThrow(
      /1 entry for 2 dimensions/,
    );
  });

  it('windows that leave a gap, and signals that are too short', () => {
    const z = { real: rand([3, 4]), imag: rand([3, 4]) };
    expect(() => istft(z, 4, { hopLength: 6, center: false })).toThrow(
      /no window covers element 4/,
    );
    expect(() => stft(rand([3]), 8, { center: false })).toThrow(/shorter than nFft/);
    expect(() => stft(rand([30]), 8, { window: rand([4]) })).toThrow(
      /window must be a vector of winLength, 8/,
    );
  });

  it('windows of 0 and 1 elements', () => {
    for (const window of Object.values(signal.windows)) {
      expect(window(0).shape).toEqual([0]);
      expect(Array.from(window(1).dataSync())).toEqual([1]);
      const [a, b] = [window(7).dataSync(), window(6, { sym: false }).dataSync()];
      if (window !== signal.windows.gaussian && window !== signal.windows.cosine)
        near(a.slice(0, 6), b, 1e-6);
    }
    expect(() => signal.windows.hann(-1)).toThrow(/signal\.windows\.hann: M must/);
  });
});
