/** @file The base of all layers and models: it registers the parameters, buffers and modules that they hold. */
import {
  checkArgument,
  kinds,
  type Kind,
  Cell,
  cell,
  dependsOn,
  foreignCopy,
  guardMethods,
  Parameter,
  type Copy,
  type DType,
  type Shape,
  type Tensor,
  zerosLike,
} from '@chainrule/autograd';
import { MODULE_BRAND, OWN } from '../copy.js';
import { cloneModule } from './clone.js';
import { bringToHost, convertDtype, moveToDevice } from './convert.js';
import { addHook, type ForwardHook, type ForwardPreHook } from './hooks.js';
import {
  bufferOptions,
  listOptions,
  loadOptions,
  namedListOptions,
  stateOptions,
  summaryOptions,
  zeroGradOptions,
  type BufferOptions,
  type ListOptions,
  type LoadOptions,
  type NamedListOptions,
  type StateOptions,
  type ZeroGradOptions,
} from './moduleOptions.js';
import { reprOf } from './repr.js';
import { setUp } from './setUp.js';
import {
  buffersOf,
  checkName,
  INTERNAL,
  aModule,
  isOwn,
  modulesOf,
  parametersOf,
  stateSlots,
  walkModules,
  walkSlots,
  type Internal,
} from './slots.js';
import { loadState, type StateDict } from './state.js';
import { summarize } from './summary.js';

/**
 * The base of every layer and model: a tree of modules with their parameters and buffers.
 *
 * Fields that hold a `Parameter`, a `Module`, or an array of them register themselves, in the order of declaration;
 * buffers are named with `registerBuffer`. Keys of the state dictionary are the paths of the fields, so a model with
 * PyTorch's field names has PyTorch's keys. A class whose camelCase fields have other names in PyTorch maps them in its
 * own `static stateKeys`; other names are never converted.
 *
 * PyTorch: `torch.nn.Module`; call a module with `forward`, which also runs the hooks.
 *
 * @example
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(784, 128);
 *   out = new nn.Linear(128, 10);
 *   forward(x: Tensor) { return this.out.forward(this.hidden.forward(x).relu()); }
 * }
 * @example
 * // A variable for any module that can be called on a tensor:
 * const layers: nn.Module<[Tensor], Tensor>[] = [new nn.Linear(2, 2), new nn.ReLU()];
 */
export abstract class Module<Inputs extends readonly unknown[] = never[], Output = unknown> {
  /** Keys in state dictionaries of the fields whose keys are not their own names: `{ runningMean: 'running_mean' }`. */
  static readonly stateKeys: Readonly<Record<string, string>> = {};
  /** The fields that hold a parameter from the start, or null: a plain tensor in one is refused when parameters are asked for. */
  static readonly learned: readonly string[] = [];
  /** The first arguments of `forward`, where they must be tensors, by name: every call checks them. */
  static readonly inputs: readonly string[] = [];

  /** @internal */
  declare readonly [INTERNAL]: Internal;

  constructor() {
    guardMethods(this, Module.prototype, 'module', isOwn, undefined, EXACT);
    setUp(this);
  }

  /** @internal */
  get [MODULE_BRAND](): Copy {
    return OWN;
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value === 'object' && value !== null) {
      const brand = (value as { readonly [MODULE_BRAND]?: unknown })[MODULE_BRAND];
      if (brand !== undefined && brand !== OWN) throw foreignCopy('a module', OWN, brand);
    }
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /** What the module computes. */
  abstract forward(...args: Inputs): Output;

  /** Whether the module is in training mode: dropout drops, batch norm uses the batch's statistics. */
  get training(): boolean {
    return dependsOn(
      () => this[INTERNAL].training,
      () => `${this.constructor.name}.training has changed`,
    );
  }

  set training(training: boolean) {
    this[INTERNAL].training = checkArgument('training', 'training', training, kinds.flag);
  }

  /** Sets this module and all its descendants to training mode, or to evaluation mode with `false`. */
  train(training = true): this {
    checkArgument('train', 'training', training, kinds.flag);
    for (const [, module] of walkModules(this, true)) module.training = training;
    return this;
  }

  /** Sets this module and all its descendants to evaluation mode. */
  eval(): this {
    return this.train(false);
  }

  /**
   * All parameters, each once even if it is shared; with `{ recurse: false }` only those that this module holds itself.
   * PyTorch: `parameters`.
   */
  parameters(options?: ListOptions): Parameter[] {
    const { recurse = true } = listOptions('parameters', options);
    return this.namedParameters({ recurse }).map(([, value]) => value);
  }

  /** Like `parameters()`, with names: a module's own parameters before its children's. PyTorch: `named_parameters`. */
  namedParameters(options?: NamedListOptions): [name: string, parameter: Parameter][] {
    const listed = namedListOptions('namedParameters', options);
    return walkSlots(this, parametersOf, listed).map(({ name, value }) => {
      // What messages call it: the longest path it was listed under.
      if (!value.label.endsWith(name)) value.label = name;
      return [name, value];
    });
  }

  /** All buffers, each once; with `{ recurse: false }` only those that this module holds itself. PyTorch: `buffers`. */
  buffers(options?: ListOptions): Cell[] {
    return walkSlots(this, buffersOf, listOptions('buffers', options)).map(({ value }) => value);
  }

  /** Like `buffers()`, with names. PyTorch: `named_buffers`. */
  namedBuffers(options?: NamedListOptions): [name: string, buffer: Cell][] {
    const listed = namedListOptions('namedBuffers', options);
    return walkSlots(this, buffersOf, listed).map(({ name, value }) => [name, value]);
  }

  /** The direct child modules. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** Like `children()`, with names. */
  namedChildren(): [name: string, child: Module][] {
    const seen = new Set<Module>();
    return modulesOf(this)
      .filter(({ value }) => !seen.has(value) && seen.add(value))
      .map(({ name, value }) => [name, value]);
  }

  /** This module and all its descendants, each once and before its children. */
  modules(): Module[] {
    return walkModules(this, true).map(([, module]) => module);
  }

  /** Like `modules()`, with paths; this module's is ''. */
  namedModules(): [path: string, module: Module][] {
    return walkModules(this, true);
  }

  /** The number of elements of all parameters, shared ones counted once. */
  numParameters(): number {
    return this.parameters().reduce((n, p) => n + p.size, 0);
  }

  /** Calls `f` with every descendant and then with this module. PyTorch: `apply`. */
  apply(f: (module: Module) => void): this {
    checkArgument('apply', 'f', f, kinds.callable);
    const visit = (module: Module, within: readonly Module[]): void => {
      if (within.includes(module)) return; // the module contains itself
      for (const child of module.children()) visit(child, [...within, module]);
      f(module);
    };
    visit(this, []);
    return this;
  }

  /** Freezes or unfreezes all parameters. */
  requiresGrad_(requires = true): this {
    checkArgument('requiresGrad_', 'requires', requires, kinds.flag);
    for (const p of this.parameters()) p.requiresGrad_(requires);
    return this;
  }

  /** Sets every gradient to null; with `{ setToNone: false }` sets existing ones to zeros. PyTorch: `zero_grad`. */
  zeroGrad(options?: ZeroGradOptions): this {
    const { setToNone = true } = zeroGradOptions('zeroGrad', options);
    for (const p of this.parameters()) p.grad = setToNone || p.grad === null ? null : zerosLike(p);
    return this;
  }

  /**
   * Converts all float parameters and buffers to another float dtype, or moves to a device.
   *
   * Converting creates new Parameters, so do it before you create the optimizer (PyTorch keeps the objects). Moving to
   * `'webgpu'`, which `setDevice` must have opened, keeps the objects. Moving back must be awaited: `toAsync`.
   *
   * @throws {DeviceError} if values would have to be read from a device.
   */
  to(target: DType | 'cpu' | 'webgpu'): this {
    checkArgument('to', 'the target', target, kinds.text);
    if (target === 'float32' || target === 'float64') convertDtype(this, target);
    else moveToDevice(this, target);
    return this;
  }

  /**
   * Moves all parameters, their gradients, and buffers to a device, and resolves to the module when they are there. The
   * objects stay the same; an optimizer's state does not move, so create a new optimizer or load its `stateDict()`. PyTorch:
   * `module.to(device)`.
   *
   * @throws {DeviceError} for a device that is not open, and the error of a run that failed on the device. Nothing has moved
   * then.
   * @example await model.toAsync('cpu');
   */
  async toAsync(device: 'cpu' | 'webgpu'): Promise<this> {
    if (device === 'cpu') await bringToHost(this);
    else this.to(device);
    return this;
  }

  /**
   * Makes `this[name]` a buffer: state that is not a parameter, such as running statistics. Returns its cell; null
   * registers nothing. With `persistent: false` it is not part of state dictionaries.
   *
   * @example offset = this.registerBuffer('offset', zeros([4]));
   */
  registerBuffer<T extends Tensor | null>(
    name: string,
    value: T,
    options?: BufferOptions,
  ): T extends Tensor<infer S> ? Cell<S> : null {
    const { persistent = true } = bufferOptions('registerBuffer', options);
    checkName('registerBuffer', this, name);
    checkArgument('registerBuffer', 'value', value, tensorOrNull);
    const buffer = value === null ? null : value instanceof Cell ? value : cell(value);
    if (buffer !== null) this[INTERNAL].buffers.set(name, persistent);
    this[INTERNAL].registry[name] = buffer;
    return buffer as T extends Tensor<infer S> ? Cell<S> : null;
  }

  /** Makes `this[name]` a parameter, for names that are computed. */
  registerParameter<S extends Shape>(name: string, parameter: Parameter<S>): Parameter<S> {
    checkName('registerParameter', this, name);
    checkArgument('registerParameter', 'parameter', parameter, aParameter);
    this[INTERNAL].registry[name] = parameter;
    return parameter;
  }

  /** Makes `this[name]` a child, for names that are computed. */
  registerModule<M extends Module>(name: string, module: M): M {
    checkName('registerModule', this, name);
    checkArgument('registerModule', 'module', module, aModule);
    this[INTERNAL].registry[name] = module;
    return module;
  }

  /** Calls `hook(module, args)` before each `forward`. Returns a function that removes it. */
  registerForwardPreHook(hook: ForwardPreHook): () => void {
    checkArgument('registerForwardPreHook', 'hook', hook, kinds.callable);
    return addHook(this[INTERNAL], this[INTERNAL].preHooks, hook);
  }

  /** Calls `hook(module, args, output)` after each `forward`. Returns a function that removes it. */
  registerForwardHook(hook: ForwardHook): () => void {
    checkArgument('registerForwardHook', 'hook', hook, kinds.callable);
    return addHook(this[INTERNAL], this[INTERNAL].hooks, hook);
  }

  /**
   * A snapshot of the parameters and persistent buffers by their PyTorch keys: later updates do not change it. With `{
   * prefix: 'net.' }` every key begins with that. PyTorch: `state_dict`.
   */
  stateDict(options?: StateOptions): Record<string, Tensor> {
    const { prefix = '' } = stateOptions('stateDict', options);
    const state = Object.create(null) as Record<string, Tensor>;
    for (const { name, value } of stateSlots(this)) state[prefix + name] = value.detach();
    return state;
  }

  /**
   * Copies a state dictionary into the parameters and buffers, converting dtypes.
   *
   * @returns the keys that were missing and unexpected; with `strict` (the default) they are an error.
   * @throws {FormatError} naming every missing, unexpected and misshapen key; nothing has changed then.
   */
  loadStateDict(
    state: StateDict,
    options?: LoadOptions,
  ): { missingKeys: string[]; unexpectedKeys: string[] } {
    const { strict = true } = loadOptions('loadStateDict', options);
    return loadState(
      this,
      new Map(stateSlots(this).map(({ name, value }) => [name, value])),
      state,
      strict,
    );
  }

  /** A copy with its own parameters and buffers, which hold the same values. */
  clone(): this {
    return cloneModule(this, setUp);
  }

  /**
   * A table of the layers: output shapes, parameters, multiply-adds. The model is called in evaluation mode on zeros of
   * the given shapes; nothing is computed.
   *
   * @param inputShape a shape, or one for each argument of `forward`.
   */
  summary(inputShape: Shape | readonly Shape[], options?: { readonly dtype?: DType }): string {
    return summarize(this, inputShape, summaryOptions('summary', options));
  }

  /** Multiplications with parameters and between activations in one call: what `summary` shows. */
  multiplyAdds(_inputs: readonly Tensor[], _output: Tensor): number {
    return 0;
  }

  /** The options that `String(module)` shows between the parentheses. */
  extraRepr(): string {
    return '';
  }

  /** The tree of modules as text, one line per module. */
  toString(): string {
    return reprOf(this);
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return reprOf(this);
  }
}

/** Methods that PyTorch has with more arguments: those would be ignored. */
const EXACT = [
  ...['eval', 'children', 'namedChildren', 'modules', 'namedModules', 'numParameters', 'clone'],
  ...['apply', 'to', 'registerParameter', 'registerModule'],
  ...['registerForwardPreHook', 'registerForwardHook'],
];

const tensorOrNull = kinds.orNull(kinds.tensor) as Kind<never>;
const aParameter: Kind<Parameter> = kinds.kind(
  'be a Parameter: new Parameter(t)',
  (x) => x instanceof Parameter,
);
