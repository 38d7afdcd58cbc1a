/**
 * @file Names from other frameworks, such as `x.numel()` or `optimizer.zero_grad()`: where they are used, an error gives the
 * right one. Node.js only, so pages do not carry the text. They lie on a prototype of their own, behind the real one: names
 * that exist are found first, as quickly as before.
 */
import { ChainruleError } from '../errors.js';
import { onGuard, sayReadOnly } from './receiver.js';

/** PyTorch's, NumPy's and TensorFlow.js's names for what a tensor `x` has, and the right code. */
const METHODS: Readonly<Record<string, string>> = {
  numel: 'x.size',
  dim: 'x.ndim',
  tolist: 'x.toArray()',
  numpy: 'x.dataSync() or x.toArray()',
  arraySync: 'x.toArray()',
  array: 'await x.toArrayAsync()',
  cpu: "await x.to('cpu')",
  cuda: "x.to('webgpu')",
  float: "x.cast('float32')",
  double: "x.cast('float64')",
  long: "x.cast('int32')",
  int: "x.cast('int32')",
  bool: "x.cast('bool')",
  type: 'x.cast(dtype), or read x.dtype',
  astype: 'x.cast(dtype)',
  asType: 'x.cast(dtype)',
  copy: 'x.clone()',
  print: 'console.log(String(x))',
  dispose: 'nothing: memory is freed when nothing refers to it',
  plus: 'x.add(y)',
  minus: 'x.sub(y)',
  subtract: 'x.sub(y)',
  times: 'x.mul(y)',
  multiply: 'x.mul(y)',
  divide: 'x.div(y)',
  power: 'x.pow(y)',
  greater: 'x.gt(y)',
  less: 'x.lt(y)',
  matMul: 'x.matmul(y)',
  concat: 'cat([x, y])',
  slice: 'x.at(slice(start, end)) or x.narrow(dim, start, length)',
  expandDims: 'x.unsqueeze(dim)',
  argMax: 'x.argmax(dim)',
  argMin: 'x.argmin(dim)',
  logSumExp: 'x.logsumexp(dim)',
};

const GETTERS: Readonly<Record<string, string>> = {
  T: 'x.t() for a matrix, or x.mT to swap the last two dimensions',
  rank: 'x.ndim',
};

/** Operations in place: their names end in an underscore. */
const IN_PLACE =
  'add sub mul div pow neg abs exp log sqrt clamp relu sigmoid tanh round floor maskedFill scatter scatterAdd indexAdd ' +
  'indexFill squeeze unsqueeze';
const FILLING: Readonly<Record<string, string>> = {
  zero_: 'w.assign(zerosLike(w))',
  fill_: 'w.assign(fullLike(w, value))',
  copy_: 'w.assign(x)',
  normal_: 'init.normal(w)',
  uniform_: 'init.uniform(w)',
};

/** Marks the prototypes that hold such names, for tools that list what exists. */
const OTHER_NAMES = Symbol.for('chainrule.otherNames');

const snake = (name: string): string =>
  name.replace(/(?<=[a-z\d])[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

type Names = Record<string, PropertyDescriptor>;

/** Makes `PyTorch_names` of the methods and properties of `prototype` errors that give our names. */
function adviseNames(prototype: object, what: string, names: Names = {}): void {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const other = snake(name);
    if (other === name || name.startsWith('_')) continue;
    if (typeof descriptor.value === 'function') names[other] = method(other, `${what}.${name}(…)`);
    else if (descriptor.get !== undefined) names[other] = getter(other, `${what}.${name}`);
  }
  const behind = Object.create(Object.getPrototypeOf(prototype) as object | null, {
    ...names,
    [OTHER_NAMES]: { value: true },
  }) as object;
  Object.setPrototypeOf(prototype, behind);
}

/** `w.data = x`, which would hide the method. */
function adviseAssignment(prototype: object): void {
  const data: unknown = Reflect.get(prototype, 'data');
  Object.defineProperty(prototype, 'data', {
    get: () => data,
    set: () => advise('data', 'w.assign(x)', UNCHANGED),
    configurable: true,
  });
}

/** Advises about the names of tensors, and of all objects whose methods are guarded: modules, optimizers … */
export function adviseAllNames(prototype: object, ofCells: object): void {
  onGuard.advise = adviseNames;
  sayReadOnly(prototype, 'a tensor does not change');
  sayReadOnly(ofCells, 'a cell changes by assign only');
  const names: Names = {};
  for (const [name, right] of Object.entries(METHODS)) names[name] = method(name, right);
  for (const [name, right] of Object.entries(GETTERS)) names[name] = getter(name, right);
  for (const [name, right] of Object.entries(FILLING)) names[name] = method(name, right, UNCHANGED);
  for (const name of IN_PLACE.split(' ')) {
    const right = `x = x.${name}(…), or w.assign(w.${name}(…)) for a parameter`;
    for (const other of [name, snake(name)]) {
      names[`${other}_`] = method(`${other}_`, right, UNCHANGED);
    }
  }
  adviseNames(prototype, 'x', names);
  adviseAssignment(prototype);
}

const ABSENT = 'the name comes from another framework';
const UNCHANGED = 'only parameters and other cells change';

function method(name: string, right: string, why = ABSENT): PropertyDescriptor {
  return { value: () => advise(name, right, why), writable: true, configurable: true };
}

/** A property that is neither read nor set: `x.requires_grad = true` would do nothing. */
function getter(name: string, right: string): PropertyDescriptor {
  const refuse = (): never => advise(name, right, ABSENT);
  return { get: refuse, set: refuse, configurable: true };
}

function advise(name: string, right: string, why: string): never {
  throw new ChainruleError(`${name}: ${why}; write ${right}`);
}
