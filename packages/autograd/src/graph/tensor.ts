/**
 * @file A tensor is a node of the graph: an operation and its inputs, a shape, a dtype and, once evaluated, a value.
 */
import { refuseFrozen } from '../arguments/frozen.js';
import { checkArgument, display, passes } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError, DeviceError, DTypeError, GradError } from '../errors.js';
import type { Cell } from './cells/cell.js';
import { COPY, type Copy } from './copy.js';
import { checkDevice, placement, refuseDoubles, type DeviceName } from './device.js';
import { copyArray, isFloat, type ArrayOf, type DType } from './dtype.js';
import { captureStack, stacks } from './stacks.js';
import { borrowGrad, extraOf, setGrad, type Extra, type Hook } from './cells/gradient.js';
import { isTensor, TENSOR_BRAND } from './isTensor.js';
import type { TensorMethods } from './methods.js';
import { dependsOn, mode } from './mode.js';
import { format } from './values/print.js';
import type { Attrs, Primitive } from './primitive.js';
import {
  checkDType,
  checkReadable,
  checkReceiver,
  checkSingle,
  nested,
  observe,
  readAsync,
  storageOf,
  valueOf,
  type Element,
  type NestedArray,
} from './values/reading.js';
import { runtime, type BackwardOptions } from './runtime.js';
import { sizeOf, type Shape } from './shape.js';
import { isHost, type GpuRange, type Storage } from './values/storage.js';

const NO_INPUTS: readonly Tensor[] = [];
const tensorOrNull = kinds.orNull(kinds.tensor);
let nextId = 1;

/** @internal The id of the newest node. */
export function newestId(): number {
  return nextId - 1;
}

export interface Tensor<S extends Shape = Shape> extends TensorMethods<S> {}

/**
 * An immutable array of numbers, and a node of the computational graph.
 *
 * Tensors are made by `tensor`, `zeros`, `randn` … and by operations, never by `new`. Shapes and dtypes are checked
 * when a tensor is made; its elements are computed when they are read.
 *
 * `S` is the shape as far as the compiler knows it: `zeros([64, 784])` is a `Tensor<[64, 784]>`, and operations
 * compute with it, so that a matrix product whose inner sizes differ is underlined in the editor. A size known only
 * at run time is `number` and fits every size: `zeros([n, 784])` is a `Tensor<[number, 784]>`. Where not even the
 * number of dimensions is known (the dimension of a reduction is a variable, an operand has one of several shapes,
 * the operation is not tracked), the result is a plain `Tensor`, which every operation takes; shapes that do not fit
 * are then found when the program runs. A tensor of a known shape can be used wherever a `Tensor` is asked for.
 * Declare a variable that will hold other shapes as `let h: Tensor = x`.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class Tensor<S extends Shape = Shape> {
  // Only declared: initializing fields one by one before the constructor runs would take half of the time to make a node.

  /** @internal Grows with every node: inputs have smaller ids than the nodes made from them. */
  declare readonly id: number;
  /** @internal Null for a leaf. */
  declare readonly op: Primitive | null;
  /** @internal */
  declare inputs: readonly Tensor[];
  /** @internal */
  declare readonly attrs: Attrs | null;
  /** @internal The shape: read by the engine, never written, never given to users. */
  declare readonly sizes: S;
  /** The dtype of the elements: float32, float64, int32 or bool. */
  declare readonly dtype: DType;
  /** @internal */
  declare needsGrad: boolean;
  /** @internal The elements, once known; never changed. */
  declare value: Storage | null;
  /** @internal The device that computes it and holds its value; null for numbers, which fit any device. */
  declare home: DeviceName | null;
  /** @internal The cell that this node is a version of. */
  declare cell: Cell | null;
  /** @internal The plan that last computed this node, and the node's slot there: see `engine/evaluate.ts`. */
  declare plan: { remember(index: number): void } | null;
  /** @internal */
  declare planIndex: number;
  /** @internal Scratch of graph walks: the last walk that visited this node, and the node's slot in it. */
  declare mark: number;
  /** @internal */
  declare slot: number;
  /** @internal While unevaluated: the length of the longest path back to a value; 0 for nodes that no operation made. */
  declare depth: number;
  /** @internal While unevaluated: the number of runs when the oldest unevaluated node behind it was made. */
  declare since: number;
  /** @internal While unevaluated: an upper bound of the bytes of the leaves behind it. */
  declare bytes: number;
  /** @internal The label of the scope it was made in. */
  declare readonly scope: string;
  /** @internal */
  declare extra: Extra | null;

  /** @internal */
  constructor(
    op: Primitive | null,
    inputs: readonly Tensor[],
    attrs: Attrs | null,
    shape: S,
    dtype: DType,
    needsGrad: boolean,
    value: Storage | null,
  ) {
    this.id = nextId++;
    this.op = op;
    this.inputs = inputs;
    this.attrs = attrs;
    this.sizes = shape;
    this.dtype = dtype;
    this.needsGrad = needsGrad;
    this.value = value;
    this.home = null;
    this.cell = null;
    this.plan = null;
    this.planIndex = -1;
    this.mark = 0;
    this.slot = -1;
    this.depth = 0;
    this.since = 0;
    this.bytes = 0;
    this.scope = mode.scope;
    this.extra = null;
    if (mode.debug > 0) stacks.set(this, captureStack());
  }

  /** @internal */
  declare readonly [TENSOR_BRAND]: Copy;

  static {
    // On the prototype, and no getter: every function that takes tensors reads it.
    Object.defineProperty(this.prototype, TENSOR_BRAND, { value: COPY });
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    // A cell of another copy is a tensor of that copy, and refused as one.
    if (!isTensor(value)) return false;
    return this === Tensor || Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /** @internal The current node of this tensor: itself, or a cell's current version. */
  get current(): Tensor<S> {
    return this;
  }

  /**
   * What `JSON.stringify` writes: dtype, shape and the elements in a row; NaN and infinities, which JSON lacks,
   * as text.
   */
  toJSON(): { dtype: DType; shape: readonly number[]; data: (number | string)[] } {
    const data = Array.from(valueOf(this, 'toJSON'), (x) => (Number.isFinite(x) ? x : String(x)));
    return { dtype: this.dtype, shape: this.sizes, data };
  }

  /** The size of each dimension; a copy, which may be changed. */
  get shape(): S {
    return this.sizes.slice() as readonly number[] as S;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.sizes);
  }

  /** The number of dimensions. */
  get ndim(): number {
    return this.sizes.length;
  }

  /** Where the elements are, or will be when they are computed: `'cpu'` or `'webgpu'`. */
  get device(): DeviceName {
    const { home, value, sizes: shape } = this.current;
    if (home !== null) return home;
    return value !== null || shape.length === 0 ? 'cpu' : placement.chosen;
  }

  /** Whether gradients flow back to this tensor. To set it is to call `requiresGrad_`. PyTorch: `requires_grad`. */
  get requiresGrad(): boolean {
    return mode.tracing === 'compile' ? dependsOn(() => this.needsGrad) : this.needsGrad;
  }

  set requiresGrad(requires: boolean) {
    this.requiresGrad_(requires);
  }

  /** Whether no recorded operation made this tensor: `backward()` keeps its gradient. PyTorch: `is_leaf`. */
  get isLeaf(): boolean {
    return (
      !this.needsGrad ||
      this.op === null ||
      this.cell !== null ||
      (this.extra !== null && this.extra.isLeaf)
    );
  }

  /**
   * The gradient that `backward()` accumulated here, or null. A gradient that was read keeps its value, also when
   * the next `backward()` makes a new gradient.
   */
  get grad(): Tensor | null {
    const version = borrowGrad(this);
    if (version !== null && version.cell !== null) version.cell.escape(version);
    return version;
  }

  set grad(gradient: Tensor | null) {
    checkArgument('grad', 'the gradient', gradient, tensorOrNull);
    setGrad(this, gradient);
  }

  /** The only element as a JavaScript number; 0 or 1 for a boolean tensor. Evaluates the graph behind it. */
  item(): number {
    checkSingle(this, 'item');
    return observe(this, 'item')[0] as number;
  }

  /** A copy of the elements as a typed array, in row-major order. Evaluates the graph behind it. */
  dataSync(): ArrayOf<DType>;
  /**
   * The elements as the typed array of a dtype. @throws {DTypeError} if the tensor has another dtype: cast it first.
   */
  dataSync<D extends DType>(dtype: D): ArrayOf<D>;
  dataSync(dtype?: DType): ArrayOf<DType> {
    if (dtype !== undefined) checkDType(this, 'dataSync', dtype);
    return copyArray(observe(this, 'dataSync'));
  }

  /**
   * As `dataSync()`, but on any device: waits for a device other than the CPU. Rejects with an error of that device,
   * such as an index out of range.
   * @example const weights = await model.weight.data();
   */
  data(): Promise<ArrayOf<DType>>;
  data<D extends DType>(dtype: D): Promise<ArrayOf<D>>;
  async data(dtype?: DType): Promise<ArrayOf<DType>> {
    if (dtype !== undefined) checkDType(this, 'data', dtype);
    return readAsync(this, 'data');
  }

  /** As `item()`, but on any device. @example console.log(await loss.itemAsync()); */
  async itemAsync(): Promise<number> {
    checkSingle(this, 'itemAsync');
    return (await readAsync(this, 'itemAsync'))[0] as number;
  }

  /** As `toArray()`, but on any device. */
  async toArrayAsync(): Promise<NestedArray> {
    return nested(this, await readAsync(this, 'toArrayAsync'));
  }

  /**
   * The range of a WebGPU buffer that holds the elements, for your own kernels and textures; nothing is copied. The
   * range is part of a larger buffer that is still in use: bind or copy it before you compute or await anything
   * else, and only read it. All writes of the elements have been submitted; errors on the device are only reported
   * by functions that read.
   *
   * @throws {DeviceError} for a tensor on another device.
   * @example const { buffer, offset, size } = await x.gpuBuffer();
   */
  async gpuBuffer(): Promise<GpuRange> {
    checkReadable('gpuBuffer');
    const storage = storageOf(this, 'gpuBuffer');
    if (!isHost(storage)) return storage.range();
    throw new DeviceError("gpuBuffer: the tensor is not on webgpu; move it: x.to('webgpu')");
  }

  /**
   * The same elements in another dtype, as by `cast`; or on another device, as a new leaf: to the GPU at once (they are
   * uploaded when they are used), back to the CPU as a promise. Gradients flow through a change of dtype and not between
   * devices: detach first. PyTorch: `Tensor.to`.
   *
   * @throws {DeviceError} for a device that is not open, or float64 on a device without it.
   * @throws {GradError} for another device, if the tensor requires grad.
   * @example const exact = x.to('float64');
   * @example const there = x.to('webgpu'), back = await there.to('cpu');
   */
  to(target: DType | 'webgpu'): Tensor<S>;
  to(device: 'cpu'): Promise<Tensor<S>>;
  to(target: DType | DeviceName): Tensor<S> | Promise<Tensor<S>>;
  to(given: DType | DeviceName, surplus?: unknown): Tensor<S> | Promise<Tensor<S>> {
    if (surplus !== undefined) {
      throw new ChainruleError(
        `to: it takes one dtype or one device, got ${display(given)} and ${display(surplus)}; write x.to(dtype).to(device)`,
      );
    }
    // Without methods, a dtype is not a target either.
    if (passes(kinds.dtype, given) && 'cast' in this) return this.cast(given);
    const target = checkDevice('to', given);
    if (this.needsGrad) {
      throw new GradError(
        `to: gradients do not flow between devices; write x.detach().to('${target}'), then requiresGrad_()`,
      );
    }
    if (target === 'cpu') return readAsync(this, 'to').then((data) => leafAt(data, this, 'cpu'));
    if (this.dtype === 'float64') refuseDoubles('to');
    return leafAt(storageOf(this, 'to'), this, target);
  }

  /**
   * The elements as nested arrays, or a bare number for no dimensions. Elements of a boolean tensor are booleans:
   * ask for `toArray<boolean>()`, as the type of a tensor does not include its dtype.
   */
  toArray<E extends Element = number>(this: Tensor<[]>): E;
  toArray<E extends Element = number>(this: Tensor<[number]>): E[];
  toArray<E extends Element = number>(this: Tensor<[number, number]>): E[][];
  toArray<E extends Element = number>(this: Tensor<[number, number, number]>): E[][][];
  toArray<E extends Element = number>(this: Tensor<[number, number, number, number]>): E[][][][];
  toArray(): NestedArray;
  toArray(): NestedArray {
    return nested(this, observe(this, 'toArray'));
  }

  /** Sets whether gradients are recorded for this leaf, and returns it. PyTorch: `requires_grad_`. */
  requiresGrad_(requires = true): this {
    checkReceiver(this, 'requiresGrad_');
    checkArgument('requiresGrad_', 'requires', requires, kinds.flag);
    refuseFrozen('requiresGrad_', this, 'the tensor');
    if (requires && !isFloat(this.dtype)) {
      throw new DTypeError(
        `requiresGrad_: only float tensors have gradients, this one is ${this.dtype}`,
      );
    }
    if (!this.isLeaf) {
      throw new GradError(
        `requiresGrad_: only a leaf can change whether it requires grad; this tensor is the result of ` +
          `${this.op?.name ?? 'an operation'} (use detach() for a tensor that does not)`,
      );
    }
    if (requires && this.op !== null && this.cell === null) this.becomeLeaf();
    this.needsGrad = requires;
    return this;
  }

  /**
   * @internal Turns a node that no recorded operation made into a leaf: it keeps its value and drops its inputs. In a
   * function that is being recorded it is computed at each call.
   */
  becomeLeaf(): void {
    if (mode.tracing !== null) {
      extraOf(this).isLeaf = true;
      return;
    }
    storageOf(this, 'requiresGrad_');
    Object.assign(this, { op: null, inputs: NO_INPUTS });
  }

  /** Keeps the gradient of a tensor that is not a leaf: `backward()` then sets its `.grad`. PyTorch: `retain_grad`. */
  retainGrad(): void {
    checkReceiver(this, 'retainGrad');
    if (!this.needsGrad) throw new GradError('retainGrad: this tensor does not require grad');
    extraOf(this).retainGrad = true;
  }

  /**
   * Calls `hook` with the gradient of this tensor when `backward` has computed it. If the hook returns a tensor, it
   * replaces the gradient. Returns a function that removes the hook. PyTorch: `register_hook`.
   */
  registerHook(hook: Hook): () => void {
    checkReceiver(this, 'registerHook');
    checkArgument('registerHook', 'hook', hook, kinds.callable);
    if (!this.needsGrad) throw new GradError('registerHook: this tensor does not require grad');
    const extra = extraOf(this);
    extra.hooks.push(hook);
    return () => {
      const at = extra.hooks.indexOf(hook);
      if (at >= 0) extra.hooks.splice(at, 1);
    };
  }

  /**
   * Adds the derivative of this tensor to `.grad` of every leaf that requires grad. See `backward`.
   * @param gradient The cotangent, in this tensor's shape. Default: 1 for a tensor with a single element. Options may stand in
   * its place: `loss.backward({ retainGraph: true })`.
   */
  backward(gradient?: Tensor | null | BackwardOptions, options?: BackwardOptions): void {
    checkReceiver(this, 'backward');
    runtime.backward(this, gradient, options);
  }

  /** The elements, the shape and the dtype as text; `<pending>` if there is no value yet. */
  toString(): string {
    return format(this);
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return format(this);
  }

  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw new ChainruleError(
      'a tensor is not a JavaScript number: write total.add(x) to add tensors, or x.item() to read the number',
    );
  }
}

/** @internal A leaf with a value; nobody may change the array afterwards. */
export function makeLeaf<S extends Shape>(value: Storage, shape: S, dtype: DType): Tensor<S> {
  const leaf = new Tensor(null, NO_INPUTS, null, shape, dtype, false, value);
  if (!isHost(value)) leaf.home = value.device;
  return leaf;
}

function leafAt<S extends Shape>(
  value: Storage,
  { sizes: shape, dtype }: Tensor<S>,
  home: DeviceName,
): Tensor<S> {
  const leaf = makeLeaf(value, shape, dtype);
  leaf.home = home === 'cpu' && shape.length === 0 ? null : home;
  return leaf;
}
