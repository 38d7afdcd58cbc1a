/** @file Options: which ones pass, which do not, and the messages. */
import { describe, expect, it } from 'vitest';
import { ChainruleError, DTypeError, ones, Tensor, zeros } from '../index.js';
import { byPosition, defineOptions, kinds } from './index.js';

interface Options {
  readonly keepdim?: boolean;
  readonly ignoreIndex?: number;
  readonly reduction?: 'mean' | 'sum';
  readonly dtype?: 'float32' | 'float64' | 'int32' | 'bool';
}

const read = defineOptions<Options>({
  keepdim: kinds.flag,
  ignoreIndex: kinds.whole,
  reduction: kinds.oneOf('mean', 'sum'),
  dtype: kinds.dtype,
});
/** What an untyped caller may pass. */
const readAny = read as (op: string, given: unknown) => Options;

describe('defineOptions', () => {
  it('copies the given options, and returns one shared empty object for none', () => {
    expect(readAny('f', { keepdim: true, ignoreIndex: undefined })).toStrictEqual({
      keepdim: true,
    });
    expect(read('f', undefined)).toEqual({});
    expect(read('f', undefined)).toBe(read('g', undefined));
  });

  it.each([
    [{ keepDim: true }, /^f: there is no option 'keepDim'; did you mean keepdim\? Its options are/],
    [{ ignore_index: 0 }, /did you mean ignoreIndex\?/],
    [{ reducton: 'sum' }, /did you mean reduction\?/],
    [
      { zebra: 1 },
      /^f: there is no option 'zebra'; its options are keepdim, ignoreIndex, reduction, dtype$/,
    ],
    [{ __proto__: null, toString: 1 }, /there is no option 'toString'/],
    [{ keepdim: 'false' }, /^f: keepdim must be true or false, got 'false'$/],
    [{ keepdim: null }, /^f: keepdim must be true or false, got null$/],
    [{ ignoreIndex: NaN }, /^f: ignoreIndex must be a whole number, got NaN$/],
    [{ reduction: 'avg' }, /^f: reduction must be 'mean' or 'sum', got 'avg'$/],
    [null, /^f: the options must be an object with some of keepdim, .*, got null$/],
    [100, /got 100$/],
    [[true], /got \[true\]$/],
    [new Map([['keepdim', true]]), /got an object of class Map$/],
    [zeros([2]), /got a tensor of shape \[2\]$/],
    [() => ({ keepdim: true }), /got a function$/],
  ])('refuses %o', (given, message) => {
    expect(() => readAny('f', given)).toThrow(ChainruleError);
    expect(() => readAny('f', given)).toThrow(message);
  });

  it('throws the class of the kind', () => {
    expect(() => readAny('f', { dtype: 'f32' })).toThrow(DTypeError);
    expect(() => readAny('f', { dtype: 'f32' })).toThrow(
      "f: dtype must be one of 'float32', 'float64', 'int32', 'bool', got 'f32'",
    );
  });

  it('takes an object without a prototype, of another realm, or of a class', () => {
    class Config {
      readonly ignoreIndex = 3;
      get keepdim(): boolean {
        return true;
      }
    }
    expect(readAny('f', new Config())).toMatchObject({ ignoreIndex: 3, keepdim: true });
    const bare = Object.assign(Object.create(null) as object, { keepdim: true });
    expect(readAny('f', bare)).toMatchObject({ keepdim: true });
    class Wrong {
      get keepdim(): string {
        return 'false';
      }
    }
    expect(() => readAny('f', new Wrong())).toThrow("keepdim must be true or false, got 'false'");
  });

  it('ignores properties of Object.prototype', () => {
    Object.defineProperty(Object.prototype, 'strange', {
      value: 1,
      writable: true,
      enumerable: true,
      configurable: true,
    });
    try {
      expect(readAny('f', { keepdim: true }).keepdim).toBe(true);
      expect(() => readAny('f', { keepDim: true })).toThrow('did you mean');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'strange');
    }
  });

  it('names the cause where options throw when they are read', () => {
    const hostile = {
      get keepdim(): boolean {
        throw new TypeError('boom');
      },
    };
    expect(() => readAny('f', hostile)).toThrow(ChainruleError);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(() => readAny('f', proxy)).toThrow(ChainruleError);
  });

  it('returns the checked value even if a getter later returns another', () => {
    const changing = (...answers: readonly unknown[]): object => {
      let reads = 0;
      return {
        get keepdim(): unknown {
          return answers[Math.min(reads++, answers.length - 1)];
        },
      };
    };
    const positional = byPosition(
      defineOptions<{ keepdim?: boolean }>({ keepdim: kinds.flag }),
      'keepdim',
    );
    for (const last of [true, false]) {
      readAny('f', { keepdim: last }); // cached, as the same options usually come again
      for (const reader of [readAny, positional]) {
        const options = reader('f', changing(true, true, 'false')) as { keepdim: unknown };
        for (let k = 0; k < 3; k++) expect(options.keepdim).toBe(true);
        expect(() => reader('f', changing('false'))).toThrow(ChainruleError);
      }
    }
  });

  it('a reader function gives the same as the table', () => {
    interface Given {
      readonly weight?: unknown;
      readonly size?: number | undefined;
      readonly mean?: boolean;
    }
    const table = { weight: kinds.orNull(kinds.tensor), size: kinds.count, mean: kinds.flag };
    const plain = defineOptions<Given>(table);
    let reads = 0;
    const picking = defineOptions<Given>(table, ({ weight, size, mean }) => {
      reads++;
      return { weight, size, mean };
    });
    class Config {
      readonly size = 2;
      get mean(): boolean {
        return true;
      }
    }
    const weights = [ones([2]), ones([3])];
    const samples: readonly (() => unknown)[] = [
      () => ({}),
      () => ({ weight: weights[0] }),
      () => ({ weight: weights[1], size: 1 }),
      () => ({ size: 1, weight: null }),
      () => ({ size: 1 }),
      () => ({ size: 2 }),
      () => ({ mean: true, size: 2 }),
      () => ({ mean: false, size: undefined }),
      () => new Config(),
      () => Object.assign(Object.create(null) as object, { size: 3 }),
      () => ({ size: 0 }),
      () => ({ size: NaN }),
      () => ({ weight: [1] }),
      () => ({ weight: weights[0], means: true }),
      () => [1],
      () => new Map(),
      () => ones([2]),
      () => 'size',
      () => null,
      () => ({
        get size(): number {
          throw new TypeError('looked at');
        },
      }),
    ];
    const answer = (reader: typeof plain, given: unknown): unknown => {
      try {
        const options = reader('f', given as Given);
        return Object.entries(options)
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => `${name}: ${value instanceof Tensor ? value.shape : value}`)
          .sort();
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (const first of samples) {
      for (const second of samples) {
        for (const sample of [first, second, second, first, second]) {
          expect(answer(picking, sample())).toEqual(answer(plain, sample()));
        }
      }
    }
    expect(reads).toBeGreaterThan(100);
    for (let lie = 0; lie < 4; lie++) {
      let asked = 0;
      const liar = {
        get mean(): boolean {
          return asked++ === lie ? ('lie' as never) : true;
        },
      };
      for (let k = 0; k < 3; k++) {
        const given = answer(picking, liar);
        expect(['mean: true', "f: mean must be true or false, got 'lie'"]).toContain(String(given));
      }
    }
  });

  it('asks for an option that must be given, also where a function reads them', () => {
    const needs = defineOptions<{ rate: number; mean?: boolean }>(
      { rate: kinds.required(kinds.positive), mean: kinds.flag },
      ({ rate, mean }) => ({ rate, mean }),
    );
    expect(() => needs('f', { mean: true } as never)).toThrow('f: rate must be');
    expect(needs('f', { rate: 1 })).toEqual({ rate: 1 });
  });

  it('takes some options by position and others by name in any order', () => {
    const reader = byPosition(
      defineOptions<{ size?: number; mean?: boolean }>({ size: kinds.count, mean: kinds.flag }),
      'size',
      'mean',
    );
    expect(reader('f', 2, { mean: true })).toStrictEqual({ size: 2, mean: true });
    expect(reader('f', 2, { size: 3 })).toStrictEqual({ size: 3 });
    expect(reader('f', 2, undefined, { size: undefined })).toStrictEqual({ size: 2 });
    expect(() => reader('f', 2, { size: 0 })).toThrow(/f: size must/);
  });

  it('checks each call anew', () => {
    const reader = defineOptions<{
      size?: number | undefined;
      sizes?: readonly number[];
      mean?: boolean;
    }>({
      ...{ size: kinds.count, sizes: kinds.listOf(kinds.count), mean: kinds.flag },
    });
    const sizes = [1, 2];
    const accepted = [
      { size: 1, sizes, mean: true },
      { sizes, size: 1 },
      { size: 2 },
      { size: undefined, mean: false },
      { mean: true, size: 2 },
    ];
    const wrong: object[] = [
      { size: -1, sizes },
      { size: NaN },
      { mean: 1 },
      { sizes: [0] },
      { mean: true, size: 2, means: 1 },
      { size: 2, mean: 2 },
    ];
    for (const right of accepted) {
      for (const bad of wrong) {
        for (let k = 0; k < 2; k++) expect(reader('op', right)).toEqual(right);
        for (let k = 0; k < 2; k++) expect(() => reader('op', bad)).toThrow(ChainruleError);
      }
    }
    expect(reader('op', { sizes })).toEqual({ sizes });
    sizes[1] = 0; // a list may change after it was accepted
    expect(() => reader('op', { sizes })).toThrow(/op: sizes must/);
  });

  it('asks for an option that must be given', () => {
    const needs = defineOptions<{ maxLr: number }>({ maxLr: kinds.required(kinds.positive) });
    const message = 'f: maxLr must be a finite number > 0, got nothing';
    expect(() => needs('f', {} as { maxLr: number })).toThrow(message);
    expect(() => needs('f', undefined)).toThrow(message);
    expect(needs('f', { maxLr: 1 })).toEqual({ maxLr: 1 });
  });
});

describe('byPosition', () => {
  const given = byPosition(
    defineOptions<{ weight?: number; bias?: number | null; eps?: number }>({
      weight: kinds.number,
      bias: kinds.orNull(kinds.number),
      eps: kinds.positive,
    }),
    'weight',
    'bias',
  );

  it('takes values by position, options in any place, and both', () => {
    expect(given('f', 1, 2, { eps: 3 })).toEqual({ weight: 1, bias: 2, eps: 3 });
    expect(given('f', 1, { eps: 3 })).toEqual({ weight: 1, eps: 3 });
    expect(given('f', { weight: 1, bias: null })).toEqual({ weight: 1, bias: null });
    expect(given('f', undefined, null)).toEqual({ bias: null });
    expect(given('f', undefined, undefined, undefined)).toEqual({});
  });

  it('refuses wrong values in every place', () => {
    expect(() => given('f', 'x')).toThrow("f: weight must be a number, got 'x'");
    expect(() => given('f', 1, 2, 3)).toThrow('the options must be an object');
    expect(() => given('f', 1, { epsilon: 1 })).toThrow('did you mean eps?');
  });
});
