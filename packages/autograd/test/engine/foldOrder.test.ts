/**
 * @file A sum is taken in one order, whatever it is fused with: a graph evaluated whole, node by node, compiled and on
 * several threads gives the same bits.
 */
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import {
  compile,
  evaluate,
  full,
  getNumThreads,
  setNumThreads,
  tensor,
  type Tensor,
} from '../../src/index.js';

const threads = getNumThreads();
afterAll(() => setNumThreads(threads));

const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 2, arbitrary: fc.integer({ min: 10, max: 140 }) },
  { weight: 1, arbitrary: fc.constantFrom(513, 1030, 2100) },
);
const shape = fc
  .array(size, { minLength: 1, maxLength: 3 })
  .filter((sizes) => sizes.reduce((n, x) => n * x, 1) <= 40_000);
/** Each step makes a value from those before it; numbers pick operands and dimensions. */
const step = fc.record({
  kind: fc.constantFrom('unary', 'binary', 'row', 'column', 'sum', 'prod', 'mean', 'turn'),
  x: fc.nat(100),
  y: fc.nat(100),
  dims: fc.nat(7),
  keepdim: fc.boolean(),
});
const graphs = fc.record({
  shape,
  steps: fc.array(step, { minLength: 2, maxLength: 9 }),
  seed: fc.nat(1000),
});
type Graph = typeof graphs extends fc.Arbitrary<infer G> ? G : never;

function leaf(shape: readonly number[], seed: number): Tensor {
  const data = new Float32Array(shape.reduce((n, x) => n * x, 1));
  for (let i = 0; i < data.length; i++) data[i] = 1 + 0.4 * Math.sin((i + 1) * 12.9898 + seed);
  return tensor(data, { shape });
}

/** The values that a graph makes of its leaves. `made` is told of each that is not a view. */
function build(
  { shape, steps }: Graph,
  leaves: readonly Tensor[],
  made: (x: Tensor) => void = () => undefined,
): Tensor[] {
  const [whole, row, column] = leaves as [Tensor, Tensor, Tensor];
  const values: Tensor[] = [whole];
  for (const { kind, x: at, y: other, dims: chosen, keepdim } of steps) {
    const x = values[at % values.length] as Tensor;
    const same = values.filter((y) => y.shape.join() === x.shape.join());
    const y = same[other % same.length] as Tensor;
    const isWhole = x.shape.join() === shape.join();
    const dims = x.shape.map((_, d) => d).filter((d) => ((chosen >> d) & 1) === 1);
    const folded = dims.length > 0 ? dims : x.shape.map((_, d) => d);
    const result = ((): Tensor => {
      switch (kind) {
        case 'unary':
          return x.mul(0.3).sigmoid();
        case 'row':
          return isWhole ? x.mul(row) : x.square();
        case 'column':
          return isWhole ? x.sub(column) : x.tanh();
        case 'sum':
          return x.sum(folded, { keepdim });
        case 'mean':
          return x.mean(folded, { keepdim });
        case 'prod':
          return x.ndim === 0
            ? x
            : x
                .mul(0.01)
                .add(1)
                .prod(chosen % x.ndim, { keepdim });
        case 'turn':
          return x.ndim < 2 ? x : x.transpose(0, -1);
        default:
          return x.add(y);
      }
    })();
    if (kind !== 'turn') made(result);
    values.push(result);
  }
  return values;
}

const bits = (values: readonly Tensor[]): number[][] =>
  values.map((x) => [...new Int32Array((x.dataSync() as Float32Array).slice().buffer)]);

/** Computed beside all else, so that no program is so small that it is interpreted instead of compiled. */
const ballast = leaf([300], 0);
const beside = (): Tensor => ballast.neg();

test('gives the same bits whole, node by node, compiled, and on one to three threads', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const { shape, seed } = graph;
      const leaves = [
        leaf(shape, seed),
        leaf([shape.at(-1) as number], seed + 1),
        leaf([shape[0] as number, ...shape.slice(1).map(() => 1)], seed + 2),
      ];
      evaluate(...leaves);
      setNumThreads(1);
      const alone = bits(build(graph, leaves, (x) => evaluate(x, beside())));
      for (const count of [1, 2, 3]) {
        setNumThreads(count);
        const whole = build(graph, leaves);
        evaluate(...whole, beside());
        expect(bits(whole)).toEqual(alone);
        const last = build(graph, leaves).at(-1) as Tensor;
        evaluate(last, beside());
        expect(bits([last])).toEqual(alone.slice(-1));
      }
      const compiled = compile((...xs: Tensor[]) => [beside(), ...build(graph, xs)]);
      expect(bits(compiled(...leaves).slice(1))).toEqual(alone);
    }),
    { numRuns: 40 },
  );
});

test('a mean of equal numbers is that number', () => {
  const mean = full([10_000], 0.1).mean().item();
  expect(Math.abs(mean / Math.fround(0.1) - 1)).toBeLessThan(1e-7);
});

test('long sums, means, variances, running sums and products of float32 are those of float64, to the last bits', () => {
  const data = Float32Array.from({ length: 60_000 }, (_, i) => 1 + 0.4 * Math.sin(i * 12.9898));
  /** The largest difference, beside the largest value. */
  const error = (f: (x: Tensor) => Tensor): number => {
    const valuesIn = (dtype: 'float32' | 'float64'): ArrayLike<number> =>
      f(tensor(data, { dtype })).dataSync();
    const [single, double] = [valuesIn('float32'), valuesIn('float64')];
    let [difference, largest] = [0, 0];
    for (let i = 0; i < double.length; i++) {
      difference = Math.max(difference, Math.abs((single[i] as number) - (double[i] as number)));
      largest = Math.max(largest, Math.abs(double[i] as number));
    }
    return difference / largest;
  };
  for (const shape of [[60_000], [3, 20_000], [20_000, 3], [600, 100]]) {
    for (const dim of shape.keys()) {
      expect(error((x) => x.reshape(shape).sum(dim))).toBeLessThan(4e-7);
      expect(error((x) => x.reshape(shape).mean(dim))).toBeLessThan(4e-7);
      expect(error((x) => x.reshape(shape).var(dim))).toBeLessThan(1e-6);
      expect(error((x) => x.reshape(shape).cumsum(dim))).toBeLessThan(1e-7);
    }
  }
  // Blocks of 256 over k: of some 230 sums of blocks one after the other.
  expect(error((x) => x.reshape([4, 15_000]).matmul(x.reshape([15_000, 4])))).toBeLessThan(4e-6);
});
