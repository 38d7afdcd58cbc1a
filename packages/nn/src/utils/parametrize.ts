/** @file `nn.utils.parametrize`: a parameter that is computed from another one, by a module, whenever it is read. */
import {
  Cell,
  checkArgument,
  ChainruleError,
  DTypeError,
  defineOptions,
  kinds,
  noGrad,
  Parameter,
  ShapeError,
  type Tensor,
} from '@chainrule/autograd';
import { ModuleDict, ModuleList } from '../layers/containers.js';
import { Module } from '../module/module.js';
import { INTERNAL } from '../module/slots.js';
import { computed } from './computed.js';

/**
 * Computes a value from learned tensors. With `rightInverse` values can be assigned: it returns the learned tensors for a
 * value, one or several, and is also called once at registration.
 */
export type Parametrization = Module & {
  forward(...originals: Tensor[]): Tensor;
  rightInverse?(value: Tensor): Tensor | readonly Tensor[];
};

const HOLDER = 'parametrizations';

type Fields = Record<string, unknown>;

/**
 * The parametrizations of one parameter, and the tensors that are learned in its place: `original`, or `original0`,
 * `original1` …
 */
class ParametrizationList extends ModuleList<Parametrization> {
  /** The names of the learned tensors. */
  readonly names: readonly string[];
  readonly buffer: boolean;

  constructor(first: Parametrization, value: Cell) {
    super([first]);
    this.buffer = !(value instanceof Parameter);
    const unparametrized = noGrad(() => first.rightInverse?.(value.detach()) ?? value);
    const isList = Array.isArray(unparametrized);
    const originals = (isList ? unparametrized : [unparametrized]) as readonly Tensor[];
    for (const original of originals) checkResult(first, 'rightInverse', original);
    this.names = originals.map((_, i) => (isList ? `original${i}` : 'original'));
    originals.forEach((original, i) => {
      const name = this.names[i] as string;
      if (this.buffer) this.registerBuffer(name, original.detach());
      else
        this.registerParameter(
          name,
          original instanceof Parameter
            ? original
            : new Parameter(original.detach(), { requiresGrad: value.requiresGrad }),
        );
    });
  }

  get originals(): Cell[] {
    return this.names.map((name) => (this as unknown as Fields)[name] as Cell);
  }

  /** The value of the parameter, computed from the learned tensors. */
  value(): Tensor {
    const [first, ...rest] = [...this] as [Parametrization, ...Parametrization[]];
    return rest.reduce((x, p) => valueOf(p, x), valueOf(first, ...this.originals));
  }

  /** Sets the learned tensors so that the parameter becomes `value`, going from the last parametrization to the first. */
  assign(value: unknown): void {
    const given = checkArgument(
      'parametrize',
      'the value of a parametrized parameter',
      value,
      kinds.tensor,
    );
    noGrad(() => {
      const [first, ...rest] = [...this] as [Parametrization, ...Parametrization[]];
      const back = (p: Parametrization, x: Tensor): Tensor | readonly Tensor[] => {
        if (p.rightInverse === undefined) {
          throw new ChainruleError(
            `parametrize: ${p.constructor.name} has no rightInverse, so its parameter cannot be assigned`,
          );
        }
        return p.rightInverse(x);
      };
      const last = rest.reduceRight(
        (x, p) => checkResult(p, 'rightInverse', back(p, x)),
        given.detach(),
      );
      const unparametrized = back(first, last);
      const list = (
        Array.isArray(unparametrized) ? unparametrized : [unparametrized]
      ) as readonly Tensor[];
      this.originals
        .map((cell, i) => [cell, checkResult(first, 'rightInverse', list[i])] as const)
        .forEach(([cell, original]) => cell.assign(original.detach()));
    });
  }
}

/** Options of `registerParametrization`. */
export interface RegisterOptions {
  /** Whether shape and dtype may change. Default false. */
  readonly unsafe?: boolean | undefined;
}

const readRegister = defineOptions<RegisterOptions>({ unsafe: kinds.flag });

/**
 * Replaces the parameter, or buffer, `module[name]` by the result of `parametrization.forward`. The original moves to
 * `parametrizations.NAME.original` and is what is learned. Several parametrizations of one parameter are applied in order of
 * registration. If the parametrization has a `rightInverse`, the value does not change, and `module[name]` can be assigned.
 * Returns the module. PyTorch: `nn.utils.parametrize.register_parametrization`; here the module keeps its class.
 *
 * @throws {ChainruleError} if there is no such parameter or buffer.
 * @throws {ShapeError} if the shape changes, a {DTypeError} if the dtype does, unless `unsafe`.
 * @example
 * class Symmetric extends nn.Module {
 *   forward(w: Tensor) { return w.triu().add(w.triu(1).t()); }
 * }
 * registerParametrization(layer, 'weight', new Symmetric());
 */
export function registerParametrization<M extends Module>(
  module: M,
  name: string,
  parametrization: Parametrization,
  options?: RegisterOptions,
): M {
  const op = 'registerParametrization';
  const { unsafe = false } = readRegister(op, options);
  checkArgument(op, 'module', module, MODULE);
  checkArgument(op, 'name', name, kinds.text);
  checkArgument(op, 'parametrization', parametrization, MODULE);
  const fields = module as unknown as Fields;
  const before = fields[name];
  const known = listsOf(module)?.has(name) === true;
  if (!known && !(before instanceof Cell)) {
    throw new ChainruleError(
      `${op}: ${module.constructor.name} has no parameter or buffer "${name}"`,
    );
  }
  if (known) {
    const list = (listsOf(module) as ModuleDict<ParametrizationList>).get(name);
    const inverse = noGrad(() => parametrization.rightInverse?.((before as Tensor).detach()));
    if (inverse !== undefined) checkResult(parametrization, 'rightInverse', inverse);
    const after = noGrad(() => valueOf(parametrization, before as Tensor));
    if (!unsafe) checkSame(op, parametrization, before as Tensor, after);
    list.append(parametrization);
    if (inverse !== undefined) fields[name] = before;
    return module;
  }
  const list = new ParametrizationList(parametrization, before as Cell);
  if (!unsafe)
    checkSame(
      op,
      parametrization,
      before as Tensor,
      noGrad(() => list.value()),
    );
  delete fields[name];
  if (listsOf(module) === undefined) module.registerModule(HOLDER, new ModuleDict());
  (listsOf(module) as ModuleDict<ParametrizationList>).set(name, list);
  // Uses `this`, so that a clone computes from its own parameters.
  Object.defineProperty(module, name, {
    get(this: Module): Tensor {
      const list = (listsOf(this) as ModuleDict<ParametrizationList>).get(name);
      const from = list.names.map((part) => `${HOLDER}.${name}.${part}`);
      return computed(list.value(), 'a parametrization', from);
    },
    set(this: Module, value: unknown) {
      (listsOf(this) as ModuleDict<ParametrizationList>).get(name).assign(value);
    },
    configurable: true,
    enumerable: false,
  });
  return module;
}

/** Options of `removeParametrizations`. */
export interface RemoveOptions {
  /** Whether the parameter gets the computed value; otherwise it gets the learned tensor as it is. Default true. */
  readonly leaveParametrized?: boolean | undefined;
}

const readRemove = defineOptions<RemoveOptions>({ leaveParametrized: kinds.flag });

/**
 * Makes `module[name]` a plain parameter again. Returns the module.
 * PyTorch: `nn.utils.parametrize.remove_parametrizations`.
 * @throws {ChainruleError} if it has no parametrization, or if several learned tensors would have to become one parameter.
 * @example
 * const { parametrize, parametrizations } = nn.utils;
 * parametrize.removeParametrizations(parametrizations.weightNorm(new Linear(2, 3)), 'weight').parameters().length // 2
 */
export function removeParametrizations<M extends Module>(
  module: M,
  name: string,
  options?: RemoveOptions,
): M {
  const op = 'removeParametrizations';
  const { leaveParametrized = true } = readRemove(op, options);
  checkArgument(op, 'module', module, MODULE);
  checkArgument(op, 'name', name, kinds.text);
  const lists = listsOf(module);
  if (lists?.has(name) !== true) {
    throw new ChainruleError(
      `${op}: "${name}" of ${module.constructor.name} has no parametrization`,
    );
  }
  const list = lists.get(name);
  const [original, ...more] = list.originals as [Cell, ...Cell[]];
  if (!leaveParametrized && more.length > 0) {
    throw new ChainruleError(
      `${op}: "${name}" is computed from ${list.names.join(', ')}; only its value can stay`,
    );
  }
  const value = leaveParametrized ? noGrad(() => list.value()).detach() : original;
  delete (module as unknown as Fields)[name];
  lists.delete(name);
  for (const [former, key] of module[INTERNAL].formerKeys ?? [])
    if (key.startsWith(`${HOLDER}.${name}.`)) module[INTERNAL].formerKeys?.delete(former);
  if (lists.length === 0) delete (module as unknown as Fields)[HOLDER];
  if (list.buffer) module.registerBuffer(name, value.detach());
  else {
    const { requiresGrad } = original;
    module.registerParameter(
      name,
      value instanceof Parameter ? value : new Parameter(value, { requiresGrad }),
    );
  }
  return module;
}

/**
 * Whether a parameter, or any of the module's own parameters, is parametrized. PyTorch:
 * `nn.utils.parametrize.is_parametrized`.
 * @example nn.utils.parametrize.isParametrized(nn.utils.parametrizations.weightNorm(new Linear(2, 3))) // true
 */
export function isParametrized(module: Module, name?: string): boolean {
  checkArgument('isParametrized', 'module', module, MODULE);
  const lists = listsOf(module);
  return lists !== undefined && (name === undefined ? lists.length > 0 : lists.has(name));
}

function listsOf(module: Module): ModuleDict<ParametrizationList> | undefined {
  return (module as unknown as Fields)[HOLDER] as ModuleDict<ParametrizationList> | undefined;
}

const MODULE = kinds.kind<Module & Parametrization>('be a module', (x) => x instanceof Module);

/** The result of a parametrization. */
function valueOf(p: Parametrization, ...originals: readonly Tensor[]): Tensor {
  return checkResult(p, 'forward', p.forward(...originals));
}

/** Checks that the result of a user's method is one tensor. */
function checkResult(p: Parametrization, method: string, result: unknown): Tensor {
  return checkArgument(
    `parametrize: ${p.constructor.name}.${method}`,
    'the result',
    result,
    kinds.tensor,
  );
}

function checkSame(op: string, p: Parametrization, before: Tensor, after: Tensor): void {
  if (String(before.shape) !== String(after.shape)) {
    throw new ShapeError(
      `${op}: ${p.constructor.name} turns [${before.shape.join(', ')}] into [${after.shape.join(', ')}]; ` +
        `the shape may change only with { unsafe: true }`,
    );
  }
  if (before.dtype !== after.dtype) {
    throw new DTypeError(
      `${op}: ${p.constructor.name} turns ${before.dtype} into ${after.dtype}; the dtype may change only with { unsafe: true }`,
    );
  }
}
