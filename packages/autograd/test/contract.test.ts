/** @file The public surface, name by name: what exists, its defaults, and the parts of its results. */
import { describe, expect, test } from 'vitest';
import * as chainrule from '../src/index.js';
import * as io from '../src/io/index.js';
import * as testing from '../src/testing/index.js';
import { names } from './names.js';

const {
  arange,
  bernoulli,
  cat,
  Cell,
  cell,
  ChainruleError,
  compile,
  devices,
  DeviceError,
  einops,
  enableGrad,
  evaluate,
  fft,
  full,
  getNumThreads,
  getRngState,
  isGradEnabled,
  linalg,
  manualSeed,
  noGrad,
  ones,
  Parameter,
  rand,
  randint,
  randn,
  randperm,
  scalar,
  scope,
  setDevice,
  setNumThreads,
  setRngState,
  signal,
  special,
  Tensor,
  tensor,
  unique,
  zeros,
} = chainrule;

describe('names', () => {
  test.each(names.functions)('%s is a function', (name) => {
    expect(typeof (chainrule as Record<string, unknown>)[name]).toBe('function');
  });
  test.each(names.methods)('x.%s is a method', (name) => {
    expect(typeof (Tensor.prototype as unknown as Record<string, unknown>)[name]).toBe('function');
  });
  test.each(names.linalg)('linalg.%s is a function', (name) => {
    expect(typeof (linalg as Record<string, unknown>)[name]).toBe('function');
  });
  test.each(['fft', 'special', 'einops'] as const)('the names of %s are functions', (space) => {
    const found = { fft, special, einops }[space] as Record<string, unknown>;
    for (const name of names[space]) expect([name, typeof found[name]]).toEqual([name, 'function']);
  });
  test.each(names.windows)('signal.windows.%s is a function', (name) => {
    expect(typeof (signal.windows as Record<string, unknown>)[name]).toBe('function');
  });
  test.each(names.io)('io exports %s', (name) => {
    expect(typeof (io as Record<string, unknown>)[name]).toBe('function');
  });
  test.each(names.testing)('testing exports %s', (name) => {
    expect(typeof (testing as Record<string, unknown>)[name]).toBe('function');
  });
  test.each(names.functionsOnly)(
    '%s is not a method: a tensor is not its first argument',
    (name) => {
      expect(name in Tensor.prototype).toBe(false);
    },
  );
});

describe('dtypes of what is made', () => {
  test.each([
    ['a number', tensor(3), 'float32'],
    ['whole numbers', tensor([1, 2]), 'float32'],
    ['booleans', tensor([true, false]), 'bool'],
    ['a Float32Array', tensor(new Float32Array(2)), 'float32'],
    ['a Float64Array', tensor(new Float64Array(2)), 'float64'],
    ['an Int32Array', tensor(new Int32Array(2)), 'int32'],
    ['a Uint8Array', tensor(new Uint8Array(2)), 'int32'],
    ['scalar of a whole number', scalar(3), 'float32'],
    ['scalar of a boolean', scalar(true), 'bool'],
    ['full of a whole number', full([2], 3), 'float32'],
    ['full of a boolean', full([2], true), 'bool'],
    ['arange of whole numbers', arange(3), 'int32'],
    ['arange of halves', arange(0, 1, 0.5), 'float32'],
    ['randint', randint(0, 3, [2]), 'int32'],
    ['randperm', randperm(3), 'int32'],
    ['rand', rand([2]), 'float32'],
    ['zeros', zeros([2]), 'float32'],
    ['bernoulli', bernoulli(tensor([0.5])), 'float32'],
    ['argmax', tensor([1, 2]).argmax(), 'int32'],
    ['nonzero', tensor([1, 2]).nonzero(), 'int32'],
    ['int32 plus a whole number', arange(3).add(1), 'int32'],
    ['int32 plus a fraction', arange(3).add(0.5), 'float32'],
    ['int32 divided', arange(3).div(2), 'float32'],
    ['int32 plus float32', arange(3).add(ones([3])), 'float32'],
    ['float32 plus float64', ones([3]).add(ones([3], { dtype: 'float64' })), 'float64'],
    ['bool plus bool', tensor([true]).add(tensor([true])), 'bool'],
    ['the sum of booleans', tensor([true, true]).sum(), 'int32'],
    ['a comparison', tensor([1]).lt(2), 'bool'],
  ])('%s', (_what, t, dtype) => {
    expect(t.dtype).toBe(dtype);
  });

  test('options of creation', () => {
    const t = zeros([2, 3], { dtype: 'float64', requiresGrad: true, device: 'cpu' });
    expect([t.dtype, t.requiresGrad, t.device, t.isLeaf, t.grad]).toEqual([
      'float64',
      true,
      'cpu',
      true,
      null,
    ]);
    expect(tensor([1, 2, 3, 4], { shape: [2, 2] }).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(() => zeros([2], { device: 'tpu' })).toThrow(DeviceError);
  });
});

describe('reading a tensor', () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test('its properties', () => {
    expect([x.shape, x.dtype, x.ndim, x.size, x.device]).toEqual([[2, 3], 'float32', 2, 6, 'cpu']);
  });
  test('its values', async () => {
    expect(x.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(x.dataSync()).toEqual(new Float32Array([1, 2, 3, 4, 5, 6]));
    expect(await x.data()).toEqual(new Float32Array([1, 2, 3, 4, 5, 6]));
    expect(scalar(3).item()).toBe(3);
    expect(() => x.item()).toThrow(/item: .*\[2, 3\].*6 elements/);
  });
  test('dataSync is a copy', () => {
    x.dataSync()[0] = 99;
    expect(x.at(0, 0).item()).toBe(1);
  });
  test('its text', () => {
    expect(String(x)).toMatch(/1\..*2\..*3\.[\s\S]*4\..*5\..*6\./);
    expect(String(ones([2], { dtype: 'float64' }))).toContain('dtype=float64');
    expect(String(zeros([50, 50]))).toContain('shape=[50, 50]');
  });
  test('iteration over dimension 0', () => {
    expect([...x].map((row) => row.toArray())).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(() => [...scalar(1)]).toThrow(ChainruleError);
  });
  test('total += tensor names what to write instead', () => {
    let total = 0;
    const add = (): void => {
      total += x as unknown as number;
    };
    expect(add).toThrow(ChainruleError);
    expect(add).toThrow(/\.add\(.*\.item\(\)/s);
    expect(total).toBe(0);
  });
  test('comparisons of whole tensors are booleans', () => {
    expect(x.equal(x)).toBe(true);
    expect(x.equal(x.add(1))).toBe(false);
    expect(x.allClose(x.add(1e-7))).toBe(true);
    expect(x.isClose(x).dtype).toBe('bool');
  });
});

describe('results with parts', () => {
  const x = tensor([
    [3, 1, 2],
    [4, 6, 5],
  ]);
  const A = tensor(
    [
      [4, 1],
      [1, 3],
    ],
    { dtype: 'float64' },
  );

  test.each([
    ['max', x.max(1), ['indices', 'values']],
    ['min', x.min(1), ['indices', 'values']],
    ['median', x.median(1), ['indices', 'values']],
    ['sort', x.sort(1), ['indices', 'values']],
    ['topk', x.topk(2), ['indices', 'values']],
    ['cummax', x.cummax(1), ['indices', 'values']],
    ['cummin', x.cummin(1), ['indices', 'values']],
    ['qr', linalg.qr(A), ['Q', 'R']],
    ['svd', linalg.svd(A), ['S', 'U', 'Vh']],
    ['eigh', linalg.eigh(A), ['values', 'vectors']],
    ['slogdet', linalg.slogdet(A), ['logabsdet', 'sign']],
    [
      'unique',
      unique(x, { returnInverse: true, returnCounts: true }),
      ['counts', 'inverse', 'values'],
    ],
  ])('%s', (_name, result, parts) => {
    const named = result as unknown as Record<string, unknown>;
    expect(Object.keys(named).sort()).toEqual(parts);
    expect(Object.values(named).every((part) => part instanceof Tensor)).toBe(true);
  });

  test('values and indices', () => {
    expect(x.max(1).values.toArray()).toEqual([3, 6]);
    expect(x.max(1).indices.toArray()).toEqual([0, 1]);
    expect(x.max().item()).toBe(6);
    expect(x.argmax().item()).toBe(4);
    expect(x.sum(0, { keepdim: true }).shape).toEqual([1, 3]);
    expect(x.sum([0, 1]).item()).toBe(21);
    expect(x.norm({ p: 1, dim: 0 }).toArray()).toEqual([7, 7, 7]);
    expect(tensor([1, 2, 3, 4]).var().item()).toBeCloseTo(5 / 3, 6);
    expect(tensor([1, 2, 3, 4]).var(0, { correction: 0 }).item()).toBeCloseTo(1.25, 6);
  });
  test('unique is a tensor, unless more is asked for', () => {
    expect(unique(tensor([2, 1, 2])).toArray()).toEqual([1, 2]);
    expect(unique(tensor([2, 1, 2]), { returnCounts: true }).counts?.toArray()).toEqual([1, 2]);
  });
  test('a factorization gives its matrix back', () => {
    const { U, S, Vh } = linalg.svd(A);
    expect(U.mul(S).matmul(Vh).allClose(A)).toBe(true);
    const { values, vectors } = linalg.eigh(A);
    expect(vectors.mul(values).matmul(vectors.t()).allClose(A)).toBe(true);
  });
});

describe('at', () => {
  const x = arange(24).reshape(2, 3, 4);
  const picked = (...index: readonly chainrule.Index[]): [readonly number[], number[]] => {
    const t = x.at(...index);
    return [t.shape, Array.from(t.dataSync())];
  };
  test('each kind of index', () => {
    expect(picked(1, -1, 0)).toEqual([[], [20]]);
    expect(picked(0, 0, '1:4:2')).toEqual([[2], [1, 3]]);
    expect(picked('...', 0)).toEqual([
      [2, 3],
      [0, 4, 8, 12, 16, 20],
    ]);
    expect(picked(0, null, ':', 0)).toEqual([
      [1, 3],
      [0, 4, 8],
    ]);
    expect(picked(0, 0, tensor([3, 0], { dtype: 'int32' }))).toEqual([[2], [3, 0]]);
    expect(picked(x.gt(21))).toEqual([[2], [22, 23]]);
  });
});

describe('modes, devices, cells', () => {
  test('noGrad, enableGrad', () => {
    const x = ones([2], { requiresGrad: true });
    expect(noGrad(() => [isGradEnabled(), x.mul(2).requiresGrad])).toEqual([false, false]);
    expect(noGrad(() => enableGrad(() => x.mul(2).requiresGrad))).toBe(true);
    expect(isGradEnabled()).toBe(true);
    expect(x.detach().requiresGrad).toBe(false);
  });
  test.each([
    ['noGrad', noGrad],
    ['enableGrad', enableGrad],
    ['scope', (f: () => unknown) => scope('s', f)],
  ] as const)('%s refuses a promise', (name, within) => {
    expect(() => within(() => Promise.resolve(1))).toThrow(new RegExp(`${name}.*promise`));
    expect(isGradEnabled()).toBe(true);
  });
  test('devices', () => {
    expect(devices()).toContain('cpu');
    void setDevice('cpu');
    expect(() => setDevice('abacus')).toThrow(DeviceError);
  });
  test('threads', () => {
    const before = getNumThreads();
    setNumThreads(1);
    expect(getNumThreads()).toBe(1);
    setNumThreads(before);
    expect(() => setNumThreads(0)).toThrow(ChainruleError);
  });
  test('the generator goes back to a state', () => {
    manualSeed(7);
    const state = getRngState();
    const first = randn([4]).toArray();
    setRngState(JSON.parse(JSON.stringify(state)) as chainrule.RngState);
    expect(randn([4]).toArray()).toEqual(first);
  });
  test('cells', () => {
    const p = new Parameter(tensor([1, 2]));
    expect([p.requiresGrad, p instanceof Cell, p instanceof Tensor]).toEqual([true, true, true]);
    p.grad = tensor([3, 4]);
    expect(p.grad?.toArray()).toEqual([3, 4]);
    p.grad = null;
    expect(p.grad).toBeNull();
    const count = cell(scalar(0));
    count.assign(count.add(1));
    expect([count.item(), count.requiresGrad]).toEqual([1, false]);
  });
  test('evaluate and compile', () => {
    const y = ones([2]).add(1);
    evaluate(y);
    expect(y.toArray()).toEqual([2, 2]);
    const f = compile((x: chainrule.Tensor) => cat([x, x]).mul(2));
    expect(f(tensor([1])).toArray()).toEqual([2, 2]);
    expect(f(tensor([3])).toArray()).toEqual([6, 6]);
  });
});
