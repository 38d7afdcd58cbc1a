/** @file Wrong calls that the misuse walk has found, each a sample of its kind. */
import { expect, test } from 'vitest';
import * as autograd from '../../src/index.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  loadNpz,
  loadSafetensors,
} from '../../src/io/index.js';
import { recordGraph } from '../../src/recorder/index.js';
import { hostile } from './hostile.js';

const { ChainruleError, ones, tensor, zeros } = autograd;

/** Calls as a program without types makes them. */
const call = (f: unknown, ...args: readonly unknown[]): unknown =>
  (f as (...xs: readonly unknown[]) => unknown)(...args);

const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

test('pieces are counted before they are made', () => {
  const message = /pieces are too many; at most 2097152 can be made/;
  expect(() => autograd.tensorSplit(zeros([0]), Number.MAX_SAFE_INTEGER)).toThrow(message);
  expect(() => autograd.chunk(zeros([0]), 3e8)).toThrow(message);
  expect(() => autograd.split(zeros([1e9]), 1)).toThrow(message);
  expect(() => autograd.unbind(zeros([1e9]))).toThrow(message);
  expect(() => [...zeros([1e9])]).toThrow(message);
  expect(() => autograd.localResponseNorm(zeros([1, 1e9, 1]), 3)).toThrow(
    /at most 2097152 channels/,
  );
});

test('lists that contain themselves, or are all holes, end', () => {
  const list: unknown[] = [];
  list[0] = list;
  const holes = new Array<number>(2 ** 32 - 1);
  expect(() => call(autograd.at, ones([2]), list)).toThrow(ChainruleError);
  expect(() => call(autograd.at, ones([2]), [hostile()])).toThrow(ChainruleError);
  expect(() => call(autograd.adaptiveMaxPool2d, ones([1, 1, 4, 4]), holes)).toThrow(/outputSize/);
  expect(() => call(autograd.hvp, autograd.sum, holes, ones([2]))).toThrow(ChainruleError);
  expect(() => call(autograd.split, ones([4]), holes)).toThrow(ChainruleError);
  expect(() => call(autograd.reshape, ones([4]), holes)).toThrow(ChainruleError);
  expect(() => call(autograd.roll, ones([4]), holes)).toThrow(ChainruleError);
  expect(() => call(autograd.maxPool1d, ones([1, 1, 4]), holes)).toThrow(ChainruleError);
  expect(() => call(autograd.switchCase, 1, new Array(3), ones([2]))).toThrow(/branch 0/);
  expect(() => call(recordGraph, (x: unknown) => x, list)).toThrow(/must not contain itself/);
  expect(() => call(autograd.scan, () => null, list, ones([2]))).toThrow(/must not contain itself/);
});

test('results that cannot be looked at are only passed on', () => {
  const result = revoked();
  expect(autograd.profile(() => result).result === result).toBe(true);
  expect(autograd.profile(() => ones([2]).sum().item()).result).toBe(2);
});

test('a converted function says what it takes', () => {
  const w = new autograd.Parameter(ones([2]));
  const [f] = autograd.closureConvert((x: autograd.Tensor) => x.mul(w), ones([2]));
  expect(() => call(f, [ones([2])])).toThrow(/the captured tensors must be/);
  expect(() => call(f, [ones([2])], [])).toThrow('with 1 tensor and 1 captured, got 1 and 0');
  expect(() => call(f, ones([2]), [w])).toThrow(/the arguments must be an array/);
});

test('functions that cannot be read are not called functions in the same breath', () => {
  const f = new Proxy(() => 1, {
    getOwnPropertyDescriptor: () => {
      throw new TypeError('looked at');
    },
  });
  expect(() => call(autograd.compile, f)).toThrow('got a function that cannot be read');
});

test('names from files are cut, and what is not a file is refused', async () => {
  const name = 'a'.repeat(1e5);
  const bytes = encodeSafetensors({ [name]: ones([2]) });
  const at = Buffer.from(bytes).indexOf('F32');
  bytes.set(new TextEncoder().encode('X99'), at);
  let message = '';
  try {
    decodeSafetensors(bytes);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toContain('aaa…');
  expect(message.length).toBeLessThan(400);
  await expect(call(loadSafetensors, { arrayBuffer: () => 1e12 })).rejects.toThrow(
    'arrayBuffer() must give an ArrayBuffer, got 1000000000000',
  );
  await expect(call(loadSafetensors, { arrayBuffer: class {} })).rejects.toThrow(ChainruleError);
  await expect(call(loadNpz, revoked())).rejects.toThrow(ChainruleError);
});

test('a method that lost its tensor says so', async () => {
  const t = ones([1]);
  for (const name of ['item', 'toArray'] as const) {
    const lost = (receiver: unknown) => (): unknown =>
      Reflect.apply(Reflect.get(t, name) as () => unknown, receiver, []);
    expect(lost(undefined)).toThrow(/it is a method of tensors, called on nothing/);
    expect(lost({})).toThrow(ChainruleError);
  }
  await expect(
    Reflect.apply(Reflect.get(t, 'data') as () => Promise<unknown>, 5, []),
  ).rejects.toThrow('data: it is a method of tensors, called on 5');
  expect(String(autograd.Tensor.prototype)).toBe('{}');
});

test('arguments of a compiled function that contain themselves are refused', () => {
  const list: unknown[] = [];
  list.push(list);
  const tree: Record<string, unknown> = {};
  tree['self'] = { tree };
  for (const argument of [list, tree]) {
    expect(() =>
      call(
        autograd.compile(() => 1),
        argument,
      ),
    ).toThrow(/must not contain itself/);
  }
  let deep: unknown = ones([1]);
  for (let i = 0; i < 200; i++) deep = [deep];
  expect(
    autograd
      .compile((_: unknown) => ones([2]))(deep)
      .dataSync(),
  ).toEqual(Float32Array.of(1, 1));
  expect(() =>
    call(
      autograd.compile(() => 1),
      hostile(),
    ),
  ).toThrow(ChainruleError);
});

test('lists with holes, or with methods of their own, are read by index', () => {
  class Own extends Array<unknown> {
    override map(): never {
      throw new TypeError('looked at');
    }
  }
  expect(autograd.cat(Own.from([ones([1]), ones([1])]) as never).shape).toEqual([2]);
  expect(() => call(autograd.cartesianProd, new Array(3))).toThrow(ChainruleError);
  expect(autograd.roll(tensor([1, 2, 3]), 1, Own.from([0]) as never).toArray()).toEqual([3, 1, 2]);
  const bare: unknown = Object.setPrototypeOf([0], null);
  expect((call(autograd.mean, ones([2, 3]), bare) as autograd.Tensor).shape).toEqual([3]);
  const answers = {
    real: ones([2]),
    get imag(): never {
      throw new TypeError('looked at');
    },
  };
  expect(() => call(autograd.fft.fft, answers)).toThrow(
    /fft.fft: a part of the complex tensor throws/,
  );
  expect(() => call(autograd.associativeScan, autograd.add, [ones([]), ones([2])])).toThrow(
    /xs\[0\] has no dimensions/,
  );
});

test('a sequence of a legal size takes no time before it is read', () => {
  const start = performance.now();
  const long = [
    autograd.arange(1e9),
    autograd.linspace(0, 1, 1e9),
    autograd.logspace(0, 1, 1e9),
    autograd.fft.fftfreq(1e9),
  ];
  expect(performance.now() - start).toBeLessThan(500);
  expect(long.map((t) => t.size)).toEqual([1e9, 1e9, 1e9, 1e9]);
});

test('structures in messages are cut, and numbers of things have the right plural', () => {
  const many = (): unknown => new Array(3000).fill(ones([1]));
  const messages: string[] = [];
  for (const wrong of [
    () => call(autograd.pureCallback, many, ones([2]), ones([2])),
    () => call(autograd.jvp, (x: unknown) => x, [ones([1])], [many()]),
    () => call(autograd.scan, (c: unknown) => [many(), c], ones([1]), ones([2])),
    () =>
      call(
        autograd.vmap((x: unknown) => x as never, [0, 0] as never),
        ones([2, 3]),
      ),
  ]) {
    try {
      const result = wrong();
      if (result instanceof autograd.Tensor) result.dataSync();
      messages.push('');
    } catch (error) {
      expect(error).toBeInstanceOf(ChainruleError);
      messages.push((error as Error).message);
    }
  }
  for (const message of messages) {
    expect(message).not.toBe('');
    expect(message.length).toBeLessThan(500);
  }
  expect(messages.at(-1)).toMatch(/inDims has 2 entries for 1 argument;/);
});

test('angles around a direction end, however concentrated they are', () => {
  autograd.manualSeed(1);
  for (const kappa of [1e7, 2 ** 53, 1e300]) {
    const angles = autograd.vonMises(kappa, { shape: [2000], dtype: 'float64' });
    expect(angles.std().mul(Math.sqrt(kappa)).item()).toBeCloseTo(1, 1);
  }
  expect(
    autograd
      .vonMises(Infinity, { shape: [3] })
      .abs()
      .toArray(),
  ).toEqual([0, 0, 0]);
});

test('methods of cells name themselves on what is not a cell', () => {
  for (const name of ['requiresGrad_', 'assign'] as const) {
    const method: unknown = Reflect.get(autograd.Parameter.prototype, name);
    expect((): unknown => Reflect.apply(method as () => unknown, ones([2]), [true])).toThrow(
      `${name}: it is a method of cells and parameters, called on a tensor of shape [2]`,
    );
  }
});

test('an index that is out of range is called what the caller called it, also where it is found late', () => {
  const late = tensor([5], { dtype: 'int32' }).mul(1);
  const x = ones([2, 3]);
  const t = late.reshape([1, 1]);
  const message = (what: string, limit: number, dim = 1): string =>
    `${what} 5 at position 0 is out of range for dimension ${dim} of size ${limit}`;
  expect(() => x.gather(1, t).dataSync()).toThrow(message('gather: index', 3));
  expect(() => autograd.gather(x, 1, t, 'my loss: class').dataSync()).toThrow(
    message('my loss: class', 3),
  );
  expect(() => autograd.gather(x, 1, tensor([[5]], { dtype: 'int32' }), 'my loss: class')).toThrow(
    message('my loss: class', 3),
  );
  expect(() => autograd.indexSelect(x, 1, late).dataSync()).toThrow(
    message('indexSelect: index', 3),
  );
  expect(() => autograd.embedding(late, ones([4, 2])).dataSync()).toThrow(
    message('embedding: index', 4, 0),
  );
  expect(() =>
    autograd
      .vmap((i: autograd.Tensor) => autograd.embedding(i, ones([4, 2])))(late)
      .dataSync(),
  ).toThrow('embedding: index 5');
  expect(() => x.at(late).dataSync()).toThrow('at: index');
});

test('a mask that does not fit is named', () => {
  const q = ones([1, 3, 4]);
  const attend = (attnMask: autograd.Tensor): unknown =>
    autograd.scaledDotProductAttention(q, q, q, { attnMask });
  const fits = /attnMask must broadcast to \[1, 3, 3\].*got shape/;
  for (const shape of [
    [2, 2],
    [7, 3, 3],
    [1, 1, 3, 3],
  ]) {
    expect(() => attend(ones(shape))).toThrow(fits);
    expect(() => attend(ones(shape).gt(0))).toThrow(fits);
  }
  for (const dtype of ['int32', 'float64'] as const)
    expect(() => attend(ones([3, 3], { dtype }))).toThrow(`scores in float32, got ${dtype}`);
});

test('errors of files begin with the name of the function that was called', async () => {
  const { saveSafetensors } = await import('../../src/io/index.js');
  await expect(loadSafetensors('/none/a')).rejects.toThrow(
    "loadSafetensors: cannot read '/none/a'",
  );
  await expect(loadSafetensors('/none/a.json')).rejects.toThrow('loadSafetensors: cannot read');
  await expect(loadNpz('/none/a')).rejects.toThrow("loadNpz: cannot read '/none/a'");
  await expect(saveSafetensors('/none/a', {})).rejects.toThrow('saveSafetensors: cannot write');
  const broken = {
    arrayBuffer: () => {
      throw new TypeError('gone');
    },
  };
  await expect(loadSafetensors(broken)).rejects.toThrow(
    'loadSafetensors: its bytes cannot be read: gone',
  );
});

test('bytes that were given away are refused', async () => {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  expect(() => decodeSafetensors(bytes)).toThrow(ChainruleError);
  await expect(loadNpz(bytes)).rejects.toThrow('loadNpz: bytes must be the bytes of a file');
});

test('lists are read by index, whatever their own methods do', () => {
  const evil = (): number[] =>
    Object.assign([1, 2], {
      [Symbol.iterator]: () => {
        throw new TypeError('looked at');
      },
    });
  expect(autograd.vsplit(ones([4, 2]), evil()).length).toBe(3);
  const shorter = new Proxy([1], {
    get: (t, k) => (k === 'length' ? -1 : (Reflect.get(t, k) as unknown)),
  });
  expect(() => call(autograd.indexPut, ones([2]), shorter, 1)).toThrow(
    'indexPut: expected an array of index tensors',
  );
});

test('what would take quadratic work is refused, and what is empty takes none', () => {
  expect(() => autograd.meshgrid(new Array<number>(65).fill(0))).toThrow(
    'meshgrid: expected at most 64 vectors, got 65',
  );
  const start = performance.now();
  expect(autograd.triu(zeros([0, 1e9]), 1).shape).toEqual([0, 1e9]);
  expect(autograd.tril(zeros([0, 1e9])).dataSync().length).toBe(0);
  expect(performance.now() - start).toBeLessThan(500);
  const long = 'z'.repeat(1e6);
  for (const equation of [long, `${long}->i`, `i->${long}`, `${long}1`]) {
    try {
      autograd.einsum(equation, ones([3]));
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(500);
    }
  }
});

test('arguments that would be ignored are refused; what map and reduce give is not', () => {
  const x = ones([2]);
  const refused = (message: string, f: unknown, ...args: readonly unknown[]): void => {
    expect(() => call(f, ...args)).toThrow(ChainruleError);
    expect(() => call(f, ...args)).toThrow(message);
  };
  refused('relu: it takes no more arguments, got true', autograd.relu, x, true);
  refused("softmax: it takes no more arguments, got 'float64'", autograd.softmax, x, 0, 'float64');
  refused('add: it takes no more arguments, got a tensor', autograd.add, x, x, x);
  refused("clone: it takes no options, got 'memoryFormat'", autograd.clone, x, { memoryFormat: 1 });
  refused("detach: it takes no options, got 'copy'", autograd.detach, x, { copy: true });
  refused("cell: it takes no options, got 'requiresGrad'", autograd.cell, x, {
    requiresGrad: true,
  });
  const f = (y: autograd.Tensor): autograd.Tensor => y.sum();
  refused("profile: it takes no options, got 'withStack'", autograd.profile, f, {
    withStack: true,
  });
  refused('detectAnomaly: it takes no options', autograd.detectAnomaly, f, { checkNan: false });
  refused("square: it takes no options, got 'out'", autograd.square, x, { out: x });
  for (const name of ['remainder', 'fmod', 'floorDivide'] as const)
    refused(`${name}: it takes no more arguments, got true`, autograd[name], x, x, true);
  refused('noGrad: it takes no more arguments, got true', autograd.noGrad, () => 1, true);
  refused('enableGrad: it takes no more arguments', autograd.enableGrad, () => 1, 'mode');
  refused("scope: it takes no options, got 'color'", autograd.scope, 'a', () => 1, { color: 1 });
  refused("vjp: there is no option 'hasAux'", autograd.vjp, f, x, { hasAux: true });
  refused("there is no option 'useReentrant'", autograd.checkpoint, f, x, { useReentrant: false });
  expect(autograd.meshgrid(x, x)).toHaveLength(2);
  expect([x, x].map(autograd.relu)).toHaveLength(2);
  expect([x, x].map(autograd.clone)).toHaveLength(2);
  expect([x, x].map(autograd.square)).toHaveLength(2);
  expect([x, x, x].reduce(autograd.add).toArray()).toEqual([3, 3]);
});

test('a tensor goes to a dtype as it goes to a device, and to one of them at a time', () => {
  const x = autograd.tensor([1, 2], { requiresGrad: true });
  const double = x.to('float64');
  expect(double.dtype).toBe('float64');
  double.square().sum().backward();
  expect(x.grad?.toArray()).toEqual([2, 4]);
  const to = (...args: readonly unknown[]): unknown =>
    Reflect.apply(Reflect.get(x, 'to') as () => unknown, x, args);
  expect(() => to('cpu', 'float64')).toThrow(
    "to: it takes one dtype or one device, got 'cpu' and 'float64'",
  );
  expect(() => to('float16')).toThrow("there is no device 'float16'");
});
