/** @file The modes in force while a function runs: whether gradients are recorded, the label of new nodes, tracing. */
import { checkArgument, passes, refuseSurplus } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError } from '../errors.js';
import type { RecordedRegion } from './region.js';

/** The functions that record the body of a loop, or a branch. */
export type LoopName = 'scan' | 'whileLoop' | 'cond' | 'switchCase';

/** @internal The modes in force. One record, so that a scope saves and restores it as a whole. */
export const mode = {
  /** Whether new nodes record how to be differentiated. */
  grad: true,
  /** The label of the scope being run: a module's path, or what the user chose. */
  scope: '',
  /** What records a graph instead of running it, by its public name. */
  tracing: null as null | 'compile' | 'vmap' | 'closureConvert' | LoopName,
  /** The public function that the user called to have a graph recorded. */
  recorder: 'compile',
  /** The loop or branch whose body is being recorded. */
  body: null as null | LoopName,
  /** The innermost recording of a body, or of one example, to which cells made from its arguments belong. */
  inside: null as object | null,
  /** Whether compiled functions run as plain functions. */
  inline: false,
  /** Debug level, see `setDebug`. From 1 on, nodes remember the line that created them. */
  debug: 0,
};

type Mode = typeof mode;

/** @internal The cells that the body being recorded has assigned, with their earlier versions; null outside of a body. */
export const assigned: { cells: Map<unknown, unknown> | null } = { cells: null };

/** A value outside of the graph that a recorded function read. */
export interface Guard {
  readonly read: () => unknown;
  readonly value: unknown;
  /** Describes what has changed. */
  readonly reason: (() => string) | undefined;
  /** Whether it may well differ at many calls, as shapes do, so that no warning is due. */
  readonly mayVary: boolean;
}

/** The lifetime of a cell: its maker keeps it, it lasts for one call, or nobody has declared it. */
export type CellLifetime = 'kept' | 'passing' | 'unknown';

/** @internal What `compile` notes while it records a function. */
export const recording: {
  guards: Guard[];
  /** Cells made during the recording, and their lifetimes. */
  cells: Map<unknown, CellLifetime>;
  /** The lifetime of cells that are made now. */
  life: CellLifetime;
  /** Nodes with greater ids belong to the recording. */
  since: number;
  /** Leaves whose gradient was set or cleared, and what it was before. */
  grads: Map<unknown, unknown>;
  /** Versions of cells that captured graphs read, and the nodes that hold the values they have now. */
  held: Map<unknown, unknown>;
  /** While a captured graph is differentiated: maps such a version to what replaces it in the backward graph. */
  hold: ((version: unknown) => unknown) | null;
  /** Callbacks to run after each replay. */
  after: (() => void)[];
  /** The calls of composites, for exporters; null if nobody needs them. */
  regions: RecordedRegion[] | null;
  /** What each `backward()` adds to the gradient of a leaf, for exporters; null if nobody needs them. */
  contributions: Map<unknown, unknown[]> | null;
} = {
  guards: [],
  cells: new Map(),
  life: 'unknown',
  since: Infinity,
  grads: new Map(),
  held: new Map(),
  hold: null,
  after: [],
  regions: null,
  contributions: null,
};

/**
 * Reads a plain value that decides what graph is built, such as whether a module is training: `compile` records its
 * function again when the value has changed. Returns the value. If that happens at every call, a warning says that
 * `reason` has changed.
 *
 * @example const training = dependsOn(() => model.isTraining);
 */
export function dependsOn<T>(read: () => T, reason?: () => string): T {
  checkArgument('dependsOn', 'read', read, kinds.callable);
  if (reason !== undefined) checkArgument('dependsOn', 'reason', reason, kinds.callable);
  return guarded(read, reason, false);
}

/** @internal `dependsOn` for engine code. */
export function guarded<T>(read: () => T, reason: (() => string) | undefined, mayVary: boolean): T {
  const value = read();
  if (mode.tracing === 'compile') recording.guards.push({ read, value, reason, mayVary });
  return value;
}

/**
 * Whether `compile` is recording a function: plain values read now, other than by `dependsOn`, become constants.
 * PyTorch: `torch.compiler.is_compiling`.
 * @example if (!isCompiling()) console.log(loss.item());
 */
export function isCompiling(): boolean {
  return mode.tracing === 'compile';
}

/**
 * Calls `f` after each run of the function that `compile` is recording, or at once if nothing is being recorded.
 * Use it to read what a step needs once its values are there, such as a flag that something went wrong.
 * @example afterRun(() => loss.item() > 100 && console.log('it diverges'));
 */
export function afterRun(f: () => void): void {
  checkArgument('afterRun', 'f', f, kinds.callable);
  if (mode.tracing === 'compile') recording.after.push(f);
  else f();
}

/**
 * Runs `f`, which makes cells that its caller keeps and finds again at the next call, as an optimizer does
 * with its states: `compile` does not record a function again because of them.
 * @example const momentum = keptCells(() => (this.momentum ??= cell(zerosLike(p))));
 */
export function keptCells<R>(f: () => R): R {
  return withLifetime('keptCells', 'kept', f);
}

/**
 * Runs `f`, which makes cells that serve only this call: where `compile` records, they start again at each call,
 * without another recording.
 * @example const statistics = passingCells(() => cell(given));
 */
export function passingCells<R>(f: () => R): R {
  return withLifetime('passingCells', 'passing', f);
}

function withLifetime<R>(name: string, life: CellLifetime, f: () => R): R {
  checkArgument(name, 'f', f, kinds.callable);
  const before = recording.life;
  recording.life = life;
  try {
    return refusePromise(name, f());
  } finally {
    recording.life = before;
  }
}

/** @internal Runs `f` with some modes changed, and restores them in any case. */
export function withMode<R>(name: string, change: Partial<Mode>, f: () => R): R {
  checkArgument(name, 'f', f, kinds.callable);
  const saved = { ...mode };
  Object.assign(mode, change);
  try {
    return refusePromise(name, f());
  } finally {
    Object.assign(mode, saved);
  }
}

/** @internal Refuses a promise as a function's result. */
export function refusePromise<R>(name: string, result: R): R {
  if (!passes(kinds.promise, result)) return result;
  result.then(undefined, () => undefined);
  throw new ChainruleError(
    `${name}: the function returned a promise, so everything after its first await would run outside ${name}; ` +
      `pass a function without await and put the await around it`,
  );
}

/** `withMode` for gradient recording alone: every training step uses it several times. */
function withGrad<R>(name: string, grad: boolean, f: () => R, surplus: unknown): R {
  refuseSurplus(name, surplus);
  checkArgument(name, 'f', f, kinds.callable);
  const before = mode.grad;
  mode.grad = grad;
  try {
    return refusePromise(name, f());
  } finally {
    mode.grad = before;
  }
}

/**
 * Runs `f` without recording gradients: what it computes does not require grad.
 *
 * PyTorch: `torch.no_grad()`.
 * @example noGrad(() => model.forward(x))
 * @throws {ChainruleError} if `f` returns a promise.
 */
export function noGrad<R>(f: () => R): R;
export function noGrad<R>(f: () => R, surplus?: unknown): R {
  return withGrad('noGrad', false, f, surplus);
}

/**
 * Runs `f` with gradients recorded, also inside `noGrad`. PyTorch: `torch.enable_grad()`.
 * @throws {ChainruleError} if `f` returns a promise.
 * @example noGrad(() => enableGrad(() => isGradEnabled())) // true
 */
export function enableGrad<R>(f: () => R): R;
export function enableGrad<R>(f: () => R, surplus?: unknown): R {
  return withGrad('enableGrad', true, f, surplus);
}

/**
 * Whether new operations record gradients here. PyTorch: `torch.is_grad_enabled()`.
 * @example noGrad(() => isGradEnabled()) // false
 */
export function isGradEnabled(): boolean {
  return mode.grad;
}

/**
 * Labels the operations that `f` makes: errors, `graph` and `profile` show the label. Scopes nest as `a.b`.
 * @example scope('encoder', () => x.matmul(w).relu())
 */
export function scope<R>(name: string, f: () => R): R;
export function scope<R>(name: string, f: () => R, surplus?: unknown): R {
  refuseSurplus('scope', surplus);
  checkArgument('scope', 'name', name, kinds.text);
  checkArgument('scope', 'f', f, kinds.callable);
  const before = mode.scope;
  mode.scope = before === '' ? name : `${before}.${name}`;
  try {
    return refusePromise('scope', f());
  } finally {
    mode.scope = before;
  }
}
