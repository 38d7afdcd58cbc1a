/**
 * @file Cells: the only tensors that change. Parameters, buffers of modules, states of optimizers, gradients.
 *
 * A cell has versions, each a node of the graph. It alternates between two arrays: the version before the current one can
 * still be read. An older one is lost, unless an unevaluated node still needs it or a user has seen it: then its value is
 * copied first.
 */
import { checkArgument, display, passes } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError } from '../../errors.js';
import { isFloat } from '../dtype.js';
import { assigned, mode, recording } from '../mode.js';
import { makeNode } from '../node.js';
import { storageOf } from '../values/reading.js';
import { runtime } from '../runtime.js';
import type { Shape } from '../shape.js';
import { isHost, undoable, type Storage } from '../values/storage.js';
import { makeLeaf, Tensor } from '../tensor.js';
import { checkInside, placeholderOp, versionOp } from '../version.js';
import { checkInitial, checkNext } from './assignable.js';
import { isNeeded, newVersion, noteConsumer, separated, type Version } from './cellVersion.js';

/** Cells whose current version has no value yet: they join the next `backward()`, `step()` or `evaluate()`. */
export const pendingCells = new Set<Cell>();

/** The mutable part of a cell. */
interface CellState {
  version: Version;
  /** The last version that has a value: the cell returns to it when a run fails. */
  committed: Version;
  /** The version before `committed`, whose array is the next to be overwritten. */
  previous: Version | null;
  cleared: boolean;
  /** The recorded body in which the cell is a variable like any other; null for a cell that lasts. */
  inside: object | null;
  /** An array that no version needs any more. */
  unused: Storage | null;
  label: string;
}

/**
 * A mutable tensor: reading it gives its current version, `assign` gives it a new one.
 *
 * @example
 * const count = cell(scalar(0));
 * count.assign(count.add(1));
 */
export class Cell<S extends Shape = Shape> extends Tensor<S> {
  // Private fields do not appear in the declarations: passing a tensor for a parameter should be an error about `assign`.
  /** @internal The mutable part, in an object of its own, so that a frozen cell can still be used in computations. */
  private readonly state: CellState;

  constructor(initial: Tensor<S>, requiresGrad = false) {
    const from = checkInitial('Cell', initial).current;
    checkArgument('Cell', 'requiresGrad', requiresGrad, kinds.flag);
    if (requiresGrad && !isFloat(from.dtype)) {
      throw new DTypeError(
        `Parameter: only float tensors have gradients, this one is ${from.dtype}`,
      );
    }
    super(null, [], null, from.sizes, from.dtype, requiresGrad, null);
    const inside = mode.inside !== null && isLocal(from) ? mode.inside : null;
    const version = this.makeVersion(from, false, inside);
    this.state = {
      version,
      committed: version,
      previous: null,
      cleared: false,
      inside,
      unused: null,
      label: '',
    };
    if (mode.tracing === 'compile' && inside === null) recording.cells.set(this, recording.life);
  }

  /** @internal The node of the current version. */
  override get current(): Tensor<S> {
    return this.state.version.node as Tensor<S>;
  }

  /** @internal The elements of the current version, to be read immediately or passed to a run. */
  storage(op: string): Storage {
    const { node } = this.state.version;
    return node.value !== null && runtime.onRead === null ? node.value : storageOf(node, op);
  }

  /** @internal The current version, or null after `clear()`: a gradient set to null. */
  get live(): Tensor<S> | null {
    return this.state.cleared ? null : this.current;
  }

  /** @internal Whether no version has been computed yet: a cell that never changes needs no memory of its own. */
  get isNew(): boolean {
    return this.state.committed.node.value === null;
  }

  /** @internal */
  clear(): void {
    this.state.cleared = true;
    this.revert();
  }

  /** @internal Undoes `clear()`: for a gradient that a recording cleared. */
  restore(): void {
    this.state.cleared = false;
  }

  /**
   * Gives the cell a new version, computed when the next run needs it. Shape and dtype must be the cell's.
   *
   * @throws {ShapeError} if the shape differs. @throws {DTypeError} if the dtype does.
   */
  assign(next: Tensor | number): this {
    checkCell(this, 'assign');
    const isOwn = this.state.inside !== null && this.state.inside === mode.inside;
    if (!isOwn && (mode.tracing === 'vmap' || mode.tracing === 'closureConvert')) {
      throw new ChainruleError(
        `assign: a cell cannot be assigned inside ${mode.tracing}: there is one cell, but the recording runs many ` +
          'times; return the value instead',
      );
    }
    const node = checkNext(this, next);
    this.state.cleared = false;
    if (!isOwn && assigned.cells?.has(this) === false) assigned.cells.set(this, this.state.version);
    this.state.version = this.makeVersion(node as Tensor<S>, true);
    return this;
  }

  /** The name in messages. Modules set it to a parameter's path, `encoder.0.weight`. */
  get label(): string {
    return this.state.label;
  }

  set label(name: string) {
    this.state.label = name;
  }

  /** @internal Returns to a version that `assigned` has noted, and returns its node. */
  rewind(version: unknown): Tensor<S> {
    this.state.version = version as Version;
    if (this.current.value === null) pendingCells.add(this);
    else pendingCells.delete(this);
    return this.current;
  }

  override requiresGrad_(requires = true): this {
    checkCell(this, 'requiresGrad_');
    super.requiresGrad_(requires);
    this.state.version.node.needsGrad = requires;
    return this;
  }

  override get isLeaf(): boolean {
    return true;
  }

  /** @internal Notes that `node` was made from a version. */
  consume(version: Tensor, node: Tensor): void {
    if (mode.tracing === 'compile' || mode.body !== null) return; // a recording reads the cell at each call
    const v = this.find(version);
    if (v === null || v.escaped) return;
    noteConsumer(v, node);
  }

  /** @internal A user has seen this version: keep its value when the cell moves on. */
  escape(version: Tensor): void {
    const v = this.find(version);
    if (v !== null) v.escaped = true;
  }

  /** @internal Whether a version keeps its value when the cell moves on. */
  isEscaped(version: Tensor): boolean {
    return this.find(version)?.escaped === true;
  }

  /** @internal A run reads this version: if its array is the next to be overwritten, its value must be copied first. */
  protect(version: Tensor): void {
    const { previous } = this.state;
    if (previous?.node === version) previous.escaped = true;
  }

  /** @internal The array to which the next version may be written, after copying the value if something still needs it. */
  spare(): Storage | null {
    const { state } = this;
    const v = state.previous;
    if (v !== null && v.owned && v.node.value !== null) {
      state.unused = v.node.value;
      if (isNeeded(v)) {
        v.node.value = v.node.value.slice();
        v.node.cell = null;
        separated.set(v.node, this);
      } else {
        v.node.value = null; // from now on, evaluating a node made from it reports that its value is gone
      }
    }
    state.previous = null;
    const array = state.unused;
    state.unused = null;
    return array;
  }

  /**
   * @internal Takes the next version, computed by a replayed plan: as `assign` and `commit`, without a node where none is
   * needed.
   */
  advance(value: Storage, owned: boolean): void {
    const { state } = this;
    state.cleared = false;
    const v = state.version;
    if (v.owned && owned && !v.escaped && v.consumers.length === 0) {
      this.onFailure(value, v);
      state.unused = v.node.value; // nobody has seen this version
      v.node.value = value;
    } else {
      state.version = this.makeVersion(makeLeaf(value, this.sizes, this.dtype), false);
      this.commit(value, owned);
    }
  }

  /** @internal The current version has its value: the array of the one before it may be overwritten next time. */
  commit(value: Storage, owned: boolean): void {
    const { state } = this;
    const { node } = state.version;
    if (state.committed !== state.version) this.onFailure(value, state.committed);
    if (!isHost(value)) node.home = value.device;
    node.value = value;
    node.inputs = [];
    state.version.owned = owned;
    if (state.committed !== state.version) {
      state.previous = state.committed;
      state.committed = state.version;
    }
    pendingCells.delete(this);
  }

  /** @internal If the device run that made `value` turns out to have failed, the cell returns to the version before. */
  private onFailure(value: Storage, { node, owned }: Version): void {
    const { state } = this;
    const told = isHost(value) ? undoable.of?.get(value) : value;
    if (told === undefined || node.value === null) return;
    // The host overwrites the version before last right away; a device leaves it unchanged.
    const kept = isHost(value) ? node.value.slice() : node.value;
    told.onFailure(() => {
      state.version = state.committed = this.makeVersion(
        makeLeaf(kept, this.sizes, this.dtype),
        false,
      );
      state.version.owned = owned;
      state.previous = null;
      state.unused = null;
      pendingCells.delete(this);
    }, kept);
  }

  /** @internal The node of the first version, as long as no later one has a value. */
  get first(): Tensor<S> {
    return this.state.committed.node as Tensor<S>;
  }

  /**
   * @internal Whether the first version has a value of its own, rather than being a result of the run that is being built.
   */
  get startsAlone(): boolean {
    return true;
  }

  /** @internal Whether an assigned version has not been computed yet. */
  get hasNext(): boolean {
    return this.state.version !== this.state.committed;
  }

  /** @internal Takes back an array from `spare`, after a run that failed. */
  recycle(array: Storage | null): void {
    this.state.unused ??= array;
  }

  /**
   * @internal Drops versions without a value, which a failed run would have computed. A first version stays, to be computed
   * when something reads it, but joins no other run: one failure must not make all later runs fail.
   */
  revert(): void {
    this.state.version = this.state.committed;
    pendingCells.delete(this);
  }

  /** @internal */
  private makeVersion(from: Tensor<S>, assigned: boolean, inside = this.state.inside): Version {
    checkInside(from);
    const node = makeNode(versionOp, [from], null, this.sizes, this.dtype);
    node.needsGrad = this.needsGrad;
    node.cell = this;
    // A value assigned while a function is recorded is assigned at each call.
    const recorded = assigned && mode.tracing !== null;
    if (from.value !== null && from.cell === null && !recorded) {
      node.value = storageOf(from, 'assign');
      node.inputs = [];
    } else if (inside === null) {
      pendingCells.add(this);
    }
    const version = newVersion(node);
    if (assigned && node.value !== null) {
      this.state.version = version;
      this.commit(node.value, false);
    }
    return version;
  }

  /** @internal */
  private find(node: Tensor): Version | null {
    const { version, committed, previous } = this.state;
    if (version.node === node) return version;
    if (committed.node === node) return committed;
    return previous?.node === node ? previous : null;
  }
}

/**
 * Whether a cell that is made in a recorded body is a variable of that body: it serves only this call, or starts from what the
 * body was given. Any other, such as the state of an optimizer, lasts, and is carried from step to step.
 */
function isLocal(from: Tensor): boolean {
  if (recording.life === 'passing') return true;
  const behind = new Set([from]);
  for (const { op, inputs } of behind) {
    if (op === placeholderOp) return true;
    for (const x of inputs) behind.add(x);
  }
  return false;
}

/** Refuses a method that was detached from its cell, or called on a tensor that is not a cell. */
function checkCell(x: unknown, op: string): void {
  if (passes(aCell, x)) return;
  throw new ChainruleError(
    `${op}: it is a method of cells and parameters, called on ${display(x)}; to pass it on, write () => cell.${op}(…)`,
  );
}
const aCell = kinds.kind<Cell>('be a cell', (x) => x instanceof Cell);
