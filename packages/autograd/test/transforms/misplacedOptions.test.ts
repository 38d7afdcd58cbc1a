/** @file Options where a transform takes arguments by position: the error says where they go. */
import { expect, test } from 'vitest';
import * as autograd from '../../src/index.js';
import { ChainruleError, tensor } from '../../src/index.js';

const x = tensor([1, 2]);
const f = (y: autograd.Tensor): autograd.Tensor => y.square().sum();
/** Calls a transform as code without types would, and its result. */
const use = (name: string, ...args: unknown[]): unknown => {
  const result: unknown = Reflect.apply(Reflect.get(autograd, name) as () => unknown, null, [
    f,
    ...args,
  ]);
  return typeof result === 'function' ? Reflect.apply(result, null, [x]) : result;
};

test.each<[name: string, args: unknown[], message: string]>([
  ...['grad', 'valueAndGrad', 'jacrev', 'jacfwd', 'hessian'].map(
    (name): [string, unknown[], string] => [
      name,
      [{ argnums: 0 }],
      `${name}: argnums is given by position, as in ${name}(f, 0) or ${name}(f, [0, 1]); got`,
    ],
  ),
  ['vmap', [{ inDims: 0 }], 'vmap: inDims is given by position, as in vmap(f, inDims, outDims, {'],
  ['vmap', [0, { randomness: 'same' }], 'vmap: outDims is given by position'],
  ['vmap', [0, 0, { inDims: 0 }], "vmap: there is no option 'inDims'"],
  ['compile', [{ argnums: 0 }], "compile: it takes no options, got 'argnums'"],
  ['jvp', [[x], [x], { argnums: 0 }], "jvp: it takes no options, got 'argnums'"],
  ['hvp', [{ argnums: 0 }, x], 'hvp: argument 0 neither is nor contains a tensor'],
  ...['vjp', 'checkpoint'].flatMap((name) =>
    ['argnums', 'hasAux', 'inDims', 'useReentrant'].map((key): [string, unknown[], string] => [
      name,
      [x, { [key]: 0 }],
      `${name}: there is no option '${key}'; everything after the function is an argument of it`,
    ]),
  ),
])('%s with %j', (name, args, message) => {
  expect(() => use(name, ...args)).toThrow(ChainruleError);
  expect(() => use(name, ...args)).toThrow(message);
});

test('a missing argument is named with the transform that was called', () => {
  const none = autograd.hessian(f) as unknown as () => unknown;
  expect(none).toThrow('hessian: argnums names argument 0, but there are 0');
});
