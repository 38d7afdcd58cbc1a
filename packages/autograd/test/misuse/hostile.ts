/**
 * @file Values that lie, throw, change, never end or only look right: a program may get them from code and data that it does
 * not know.
 */
import { ones, Parameter, tensor } from '../../src/index.js';

/** What a hostile value throws when it is looked at: nobody's business, so it may not come out. */
const boom = (): never => {
  throw new TypeError('a hostile value was looked at');
};

/** What a function given by the caller throws: the caller's own, which comes out as it is or as a cause. */
export class CallersError extends Error {
  override name = 'CallersError';
}
const failing = (): never => {
  throw new CallersError('the caller’s own error');
};

const rejecting = (): Promise<never> => {
  const promise = Promise.reject(new CallersError('the caller’s own error'));
  promise.catch(() => undefined); // where nobody waits for it, it ends no process
  return promise;
};

/** An object that throws whatever is done with it. */
export const hostile = (): object =>
  new Proxy(
    {},
    { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom, getOwnPropertyDescriptor: boom },
  );

const revoked = <T extends object>(target: T): T => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const getters = (names: readonly string[]): object =>
  Object.defineProperties(
    {},
    Object.fromEntries(names.map((name) => [name, { get: boom, enumerable: true }])),
  );
const cyclic = (): unknown[] => {
  const list: unknown[] = [1];
  list.push(list);
  return list;
};
const cyclicObject = (): object => {
  const object: Record<string, unknown> = { a: 1 };
  object['self'] = object;
  return object;
};
const deep = (): unknown => {
  let list: unknown = 1;
  for (let i = 0; i < 5000; i++) list = [list];
  return list;
};
const deepObject = (): unknown => {
  let object: unknown = ones([2]);
  for (let i = 0; i < 5000; i++) object = { a: object };
  return object;
};

/** An iterable without end. */
const endless = (make: () => unknown): object => ({
  *[Symbol.iterator]() {
    const value = make();
    for (;;) yield value;
  },
});
const endlessAsync = (): object => ({
  async *[Symbol.asyncIterator]() {
    for (;;) yield await Promise.resolve([ones([2]), ones([2])]);
  },
});
/** An iterable that fails on its way, and one that gives no iterator. */
const failingLater = (): object => ({
  *[Symbol.iterator]() {
    yield ones([2]);
    boom();
  },
});
const onceOnly = (): object => [1, 2][Symbol.iterator]();

const detached = <T extends ArrayBufferView>(view: T): T => {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  return view;
};
class List<T> extends Array<T> {}
class Floats extends Float32Array {}
class Options {
  readonly keepdim = true;
  readonly dtype = 'float64';
  readonly shape = [2];
  readonly params = [];
}

type Make = () => unknown;

export const hostileValues: readonly Make[] = [
  hostile,
  () => revoked({}),
  () => revoked([1, 2]),
  () => revoked(() => 1),
  () => revoked(new Float32Array(2)),
  () => getters(['keepdim', 'dtype', 'shape', 'length', 'params', 'weight', 'reduction', 'stride']),
  () => [hostile()],
  () => new Proxy([1, 2], { get: boom }),
  () => new Proxy(ones([2]), {}),
  () => new Proxy(ones([2]), { get: boom }),
  () => Object.create(ones([2])) as unknown,
  cyclic,
  cyclicObject,
  deep,
  deepObject,
  () => endless(() => 1),
  () => endless(() => ones([2])),
  () => endless(() => new Parameter(ones([2]))),
  () => endless(() => ['a', ones([2])]),
  () => endless(() => ['a', 'b']),
  endlessAsync,
  failingLater,
  onceOnly,
  () => ({ [Symbol.iterator]: boom }),
  () => ({ [Symbol.iterator]: () => 1 }),
  () => ({ [Symbol.iterator]: () => ({ next: boom }) }),
  () => ({ [Symbol.iterator]: () => ({ next: () => 1 }) }),
  () => ({ [Symbol.toStringTag]: 'Tensor' }),
  () => ({ [Symbol('keepdim')]: true }),
  () => ({ valueOf: boom, toString: boom, [Symbol.toPrimitive]: boom }),
  () => ({ then: boom }),
  () => ({ then: (done: (x: unknown) => void) => done(1) }),
  () => ({ length: 2 ** 31 }),
  () => ({ length: -1 }),
  () => ({ shape: [2], dtype: 'float32', size: 2, dataSync: () => new Float32Array(2) }),
  () => detached(new Float32Array(2)),
  () => detached(new Uint8Array(16)),
  () => detached(new Int32Array(3)),
  () => new Float32Array(new SharedArrayBuffer(16)),
  () => new Uint8Array(new SharedArrayBuffer(16)),
  () => new SharedArrayBuffer(8),
  () => new BigUint64Array([2n ** 63n]),
  () => new Float64Array([2 ** 53, -0, NaN, 1e308]),
  () => new Uint32Array([2 ** 32 - 1]),
  () => new Int16Array([-(2 ** 15)]),
  () => List.from([2, 3]),
  () => new Floats(2),
  () => new Options(),
  () => Object.freeze({ keepdim: true }),
  () => Object.freeze([2, 3]),
  () => Object.freeze([ones([2, 3])]),
  () => Object.assign(Object.create(null) as object, { keepdim: true, dtype: 'float32' }),
  () => new Number(2),
  () => new String('mean'),
  () => new Boolean(false),
  () => 'x'.repeat(2 ** 24),
  () => '['.repeat(1e5),
  () => '\u202egnp.exe\u0000',
  () => '\ud800',
  () => 'constructor',
  () => new Array<number>(2 ** 32 - 1),
  () => new Array<number>(20_000).fill(1),
  // Functions: of no use, with promises, of the wrong result, and their own error.
  () => failing,
  () => async () => Promise.resolve(ones([2])),
  () => rejecting,
  () => () => Promise.resolve(tensor(1)),
  () => () => ones([2, 3]),
  () => () => tensor([1, 2], { dtype: 'int32' }),
  () => () => ({ a: { b: [tensor(1), null, 'x'] } }),
  () => () => cyclic(),
  () => () => hostile(),
  () => () => endless(() => ones([2])),
  () => (x: unknown) => [x, x],
  () => (x: { sum?: () => unknown }) => x?.sum?.(),
  () =>
    function* () {
      yield 1;
    },
  () => class {},
  () => Math.max,
  () => AbortSignal.abort(),
  () => new AbortController(),
  () => new URL('file:///tmp/none'),
  () => new Blob(['x']),
  () => process,
];
