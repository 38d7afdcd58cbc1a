/**
 * @file A tensor is a node of the graph: an operation and its inputs, a shape, a dtype and, once evaluated, a value.
 */
import { checkArgument } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError, DeviceError, DTypeError, GradError, ShapeError } from '../errors.js';
import type { Cell } from './cell.js';
import { checkDevice, homeOf, placement, type DeviceName } from './device.js';
import { copyArray, isFloat, type ArrayOf, type DType, type TypedArray } from './dtype.js';
import { COPY, type Copy } from './copy.js';
import { hostValue } from './hostValue.js';
import { isTensor, TENSOR_BRAND } from './isTensor.js';
import type { TensorMethods } from './methods.js';
import { dependsOn, mode, recording } from './mode.js';
import { MOST_PENDING } from './pending.js';
import { format } from './print.js';
import type { Attrs, Primitive } from './primitive.js';
import { runtime, type BackwardOptions } from './runtime.js';
import { checkSize, MAX_SIZE, show, sizeOf, type Shape } from './shape.js';
import { isHost, onHost, type Storage, type GpuRange } from './storage.js';

type Element = number | boolean;
/**
 * The elements of a tensor as JavaScript values: nested arrays of numbers or booleans; a bare value for no
 * dimensions.
 */
export type NestedArray = Element | readonly NestedArray[];
export type Hook = (gradient: Tensor) => Tensor | void;

/** What few nodes have: kept apart, so that the many stay small. */
export interface Extra {
  grad: Cell | null;
  hooks: Hook[];
  retainGrad: boolean;
  /** Whether gradients end here although it is computed: a leaf of a function that is being recorded. */
  isLeaf: boolean;
  /** The stack at creation, in debug mode. */
  stack: string | undefined;
}

function checkDType(t: Tensor, op: string, dtype: DType): void {
  if (t.dtype === checkArgument(op, 'dtype', dtype, kinds.dtype)) return;
  throw new DTypeError(
    `${op}: the tensor is ${t.dtype}, not ${dtype}; cast it: t.cast('${dtype}').${op}('${dtype}')`,
  );
}

const NO_INPUTS: readonly Tensor[] = [];
const tensorOrNull = kinds.orNull(kinds.tensor);
let nextId = 1;

/** @internal The number of the node made last. */
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
  // Declared only: fields defined one by one before the constructor runs cost half of making a node.

  /** @internal Grows with every node: inputs have smaller numbers than what is made from them. */
  declare readonly id: number;
  /** @internal Null for a leaf. */
  declare readonly op: Primitive | null;
  /** @internal */
  declare inputs: readonly Tensor[];
  /** @internal */
  declare readonly attrs: Attrs | null;
  /** @internal The shape: read by the engine, never written, never handed out. */
  declare readonly sizes: S;
  /** The dtype of the elements: float32, float64, int32 or bool. */
  declare readonly dtype: DType;
  /** The number of elements. */
  declare readonly size: number;
  /** @internal */
  declare needsGrad: boolean;
  /** @internal The elements, once known; never changed. */
  declare value: Storage | null;
  /** @internal Where it is computed, and its value lies; null for what goes along with any device: numbers. */
  declare home: DeviceName | null;
  /** @internal The cell that this node is a version of. */
  declare cell: Cell | null;
  /** @internal The plan that last computed this node, and its place there: see `engine/evaluate.ts`. */
  declare plan: { remember(index: number): void } | null;
  /** @internal */
  declare planIndex: number;
  /** @internal Scratch of graph walks: the walk that saw this node last, and its place there. */
  declare mark: number;
  /** @internal */
  declare slot: number;
  /** @internal While it is unevaluated: the nodes on the longest way back to values; 0 for what no operation made. */
  declare depth: number;
  /** @internal While it is unevaluated: how many runs there had been when the oldest such node behind it was made. */
  declare since: number;
  /** @internal While it is unevaluated: an upper bound of the bytes of the leaves behind it. */
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
    this.size = sizeOf(shape);
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
    if (mode.debug > 0) extraOf(this).stack = new Error().stack;
  }

  /** @internal */
  declare readonly [TENSOR_BRAND]: Copy;

  static {
    // On the prototype, and no getter: every function that takes tensors asks for it.
    Object.defineProperty(this.prototype, TENSOR_BRAND, { value: COPY });
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    // A cell of another copy is a tensor of it, and refused as such.
    if (!isTensor(value)) return false;
    return this === Tensor || Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /** @internal The node this tensor stands for now: itself, or a cell's current version. */
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

  /** Whether gradients flow back to this tensor. */
  get requiresGrad(): boolean {
    return mode.tracing === 'compile' ? dependsOn(() => this.needsGrad) : this.needsGrad;
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
   * The same elements on another device, as a new leaf: to the GPU at once (they are uploaded when they are used), back
   * to the CPU as a promise. Gradients do not flow between devices: detach first. PyTorch: `Tensor.to(device)`.
   *
   * @throws {DeviceError} for a device that is not open, or float64 on a device without it.
   * @throws {GradError} if the tensor requires grad.
   * @example const there = x.to('webgpu'), back = await there.to('cpu');
   */
  to(device: 'webgpu'): Tensor<S>;
  to(device: 'cpu'): Promise<Tensor<S>>;
  to(device: DeviceName): Tensor<S> | Promise<Tensor<S>>;
  to(device: DeviceName): Tensor<S> | Promise<Tensor<S>> {
    const target = checkDevice('to', device);
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
    checkArgument('requiresGrad_', 'requires', requires, kinds.flag);
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
   * @internal What no recorded operation made is a leaf from now on: it keeps its value, not how it was computed; in
   * a function that is being recorded it is computed at each call.
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
    if (!this.needsGrad) throw new GradError('retainGrad: this tensor does not require grad');
    extraOf(this).retainGrad = true;
  }

  /**
   * Calls `hook` with the gradient of this tensor when `backward` has computed it. If the hook returns a tensor, it
   * replaces the gradient. Returns a function that removes the hook. PyTorch: `register_hook`.
   */
  registerHook(hook: Hook): () => void {
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
   * @param gradient The cotangent, in this tensor's shape. Default: 1 for a tensor with a single element.
   */
  backward(gradient?: Tensor | null, options?: BackwardOptions): void {
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

/** @internal The fields few nodes have. */
export function extraOf(t: Tensor): Extra {
  return (t.extra ??= {
    grad: null,
    hooks: [],
    retainGrad: false,
    isLeaf: false,
    stack: undefined,
  });
}

/**
 * The gradient, or null, without marking it as seen: for optimizers and the like, which use it before the next
 * `backward()`, which may overwrite it. `.grad` is safe to keep.
 */
export function borrowGrad(t: Tensor): Tensor | null {
  if (!isTensor(t)) checkArgument('borrowGrad', 't', t, kinds.tensor);
  if (mode.tracing === 'compile' && !recording.grads.has(t) && !isRecorded(t))
    dependsOn(() => (t.extra?.grad?.live ?? null) !== null);
  return t.extra?.grad?.live ?? null;
}

/** @internal Whether what is being recorded makes this leaf: it then has no gradient yet, at each call. */
export function isRecorded(leaf: Tensor): boolean {
  return leaf.id > recording.since && !('assign' in leaf);
}

/** @internal Notes the gradient of a leaf before it changes, so that a recording can put it back. */
export function touchGrad(t: Tensor): void {
  if (mode.tracing !== 'compile' || recording.grads.has(t)) return;
  const grad = t.extra?.grad ?? null;
  recording.grads.set(t, { grad, live: (grad?.live ?? null) !== null });
}

/** @internal */
export function setGrad(t: Tensor, gradient: Tensor | null): void {
  touchGrad(t);
  if (gradient === null) t.extra?.grad?.clear();
  else runtime.assignGrad(t, gradient);
}

/** @internal A node; `op` has checked shape and dtype. */
export function makeNode<S extends Shape>(
  op: Primitive,
  inputs: readonly Tensor[],
  attrs: Attrs | null,
  shape: S,
  dtype: DType,
): Tensor<S> {
  let needsGrad = false;
  if (mode.grad && op.differentiable && isFloat(dtype)) {
    for (const x of inputs) if (x.needsGrad) needsGrad = true;
  }
  const node = new Tensor(op, inputs, attrs, shape, dtype, needsGrad, null);
  if (node.size > MAX_SIZE) checkSize(op.name, shape);
  let [depth, since, bytes] = [0, runtime.runs, 0];
  for (const x of inputs) {
    if (x.home !== node.home) node.home = homeOf(op.name, inputs);
    if (x.value === null) {
      if (x.depth > depth) depth = x.depth;
      if (x.depth > 0 && x.since < since) since = x.since;
      bytes += x.bytes;
    } else if (x.cell === null) {
      bytes += x.value.byteLength;
    }
    if (x.cell !== null) x.cell.consume(x, node);
  }
  if (node.home === 'webgpu' && dtype === 'float64') refuseDoubles(op.name);
  node.depth = depth + 1;
  node.since = since;
  node.bytes = bytes;
  const { runs } = runtime;
  if (
    !needsGrad &&
    (depth + 1 >= MOST_PENDING.depth ||
      bytes > MOST_PENDING.bytes ||
      runs - since > MOST_PENDING.runs)
  )
    runtime.bound(node);
  return node;
}

/** @internal A leaf that holds a value; the array must not be changed by anyone afterwards. */
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

/** @internal Refuses a float64 tensor where there are none. */
export function refuseDoubles(op: string): never {
  throw new DeviceError(
    `${op}: webgpu has no float64; use float32 ({ dtype: 'float32' }, x.cast('float32')), or the CPU: ` +
      `{ device: 'cpu' }, await x.to('cpu')`,
  );
}

/** @internal The elements where they lie, evaluated if need be. */
export function storageOf(t: Tensor, op: string): Storage {
  const node = t.current;
  if (node.cell !== null) checkReadable(op);
  if (node.value === null) runtime.evaluate([node], op);
  else if (runtime.onRead !== null) runtime.onRead(node);
  return node.value as unknown as Storage;
}

/** @internal The elements themselves, evaluated if need be: read, never written. @throws {DeviceError} on a device. */
export function valueOf(t: Tensor, op: string): TypedArray {
  return onHost(storageOf(t, op), op);
}

/**
 * The elements in row-major order if they are known, else null: nothing is computed.
 * For cheap checks of values: read them, but do not change or keep them.
 */
export function peek(t: Tensor): TypedArray | null {
  if (!isTensor(t)) throw new ChainruleError('peek: takes a tensor');
  return hostValue(t.current);
}

/** The elements, for somebody outside the graph to look at. */
function observe(t: Tensor, op: string): TypedArray {
  checkReadable(op);
  return valueOf(t, op);
}

/** A copy of the elements, once they are there. */
async function readAsync(t: Tensor, op: string): Promise<ArrayOf<DType>> {
  checkReadable(op);
  const storage = storageOf(t, op);
  return isHost(storage) ? copyArray(storage) : storage.read();
}

/** @internal Refuses to read what may be another value at each call of the function that is being recorded. */
export function checkReadable(op: string): void {
  if (mode.tracing === 'compile') {
    throw new ChainruleError(
      `${op}: values cannot be read inside a function that ${mode.body ?? mode.recorder} records: it runs once and is ` +
        `replayed; return the tensor and read it outside${mode.body === null ? '' : '; a plain loop may read'}`,
    );
  }
}

function checkSingle({ sizes: shape, size }: Tensor, op: string): void {
  if (size === 1) return;
  throw new ShapeError(
    `${op}: a tensor of shape ${show(shape)} has ${size} elements; ${op}() reads exactly one ` +
      `(use toArray() or dataSync() for all)`,
  );
}

function nested({ sizes: shape, size, dtype }: Tensor, data: TypedArray): NestedArray {
  const read = dtype === 'bool' ? (i: number) => data[i] !== 0 : (i: number) => data[i] as number;
  const build = (d: number, from: number, step: number): NestedArray => {
    if (d === shape.length) return read(from);
    const n = shape[d] as number;
    const inner = step / n;
    return Array.from({ length: n }, (_, i) => build(d + 1, from + i * inner, inner));
  };
  return build(0, 0, size);
}
