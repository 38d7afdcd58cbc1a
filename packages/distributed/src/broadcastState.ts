/**
 * @file Makes the state of all ranks equal to that of rank 0: parameters, buffers, states of optimizers, random numbers.
 */
import {
  Cell,
  ChainruleError,
  evaluate,
  kinds,
  passes,
  getRngState,
  noGrad,
  tensor,
  type DType,
  type Tensor,
  type TypedArray,
} from '@chainrule/autograd';
import { decodeState, encodeState } from '@chainrule/autograd/io';
import type { Communicator } from './communicator.js';
import { takeStream } from './randomStreams.js';

/** Anything with a state of tensors and plain values: a module, an optimizer, a schedule. */
export interface Stateful {
  /** The state: tensors and plain values. */
  stateDict(): unknown;
  /** Restores a state. */
  loadStateDict(state: never): unknown;
}

/** The argument of `broadcast`: a model, an optimizer, or parameters with or without names. */
export type Broadcastable =
  Stateful | readonly Cell[] | readonly (readonly [name: string, cell: Cell])[];

export function isStateful(x: unknown): x is Stateful {
  return passes(stateful, x);
}
const stateful = kinds.kind<Stateful>('have stateDict() and loadStateDict()', (x) => {
  const { stateDict, loadStateDict } = (x ?? {}) as Partial<Stateful>;
  return typeof stateDict === 'function' && typeof loadStateDict === 'function';
});

/** Copies the state of rank 0 to every rank. */
export function broadcastState(world: Communicator, target: Broadcastable): void {
  if (isStateful(target)) {
    // All ranks have all parts of a model; of an optimizer, perhaps only rank 0 has a state yet.
    const { namedParameters } = target as { namedParameters?: unknown };
    if (typeof namedParameters === 'function') agreeOnParts(world, target.stateDict() as Parts);
    const state = received(world, target.stateDict());
    if (world.rank > 0) target.loadStateDict(state as never);
  } else {
    const cells = cellsIn(target);
    agreeOnParts(world, Object.fromEntries(cells));
    const values = received(world, Object.fromEntries(cells)) as Record<string, Tensor>;
    noGrad(() => {
      for (const [name, cell] of cells) if (world.rank > 0) cell.assign(values[name] as Tensor);
    });
  }
  evaluate();
  const { seed, offset } = getRngState();
  const words = Float64Array.of(seed, offset);
  world.broadcast(words, 0, { what: 'broadcast of the random state' });
  takeStream({ seed: words[0] as number, offset: words[1] as number }, world.rank);
}

type Parts = Readonly<Record<string, Tensor>>;

function agreeOnParts(world: Communicator, parts: Parts): void {
  const lines = Object.entries(parts).map(
    ([name, { dtype, shape }]) => `${name} ${dtype} [${shape.join(', ')}]`,
  );
  world.agreement.meet({ what: [`broadcast of ${lines.length} tensors`, ...lines].join('\n') });
}

const aCell = kinds.kind<Cell>('be a parameter', (x) => x instanceof Cell);
const someCells = kinds.listOf(kinds.either(aCell, kinds.tuple(kinds.text, aCell)));

function cellsIn(target: unknown): [string, Cell][] {
  if (!passes(someCells, target) || target.length === 0) throw unfit();
  return target.map((x, i): [string, Cell] => {
    const [name, cell] = x instanceof Cell ? [x.label || String(i), x] : x;
    // Labels need not be unique.
    return [`${i} ${name}`, cell];
  });
}

function unfit(): ChainruleError {
  return new ChainruleError(
    'broadcast: expected a model, an optimizer or anything else with stateDict() and loadStateDict(), or its parameters',
  );
}

/** The state of rank 0: its tensors and everything else. */
function received(world: Communicator, state: unknown): unknown {
  const { json, tensors } = encodeState(state);
  const own = Object.entries(tensors);
  const meta = own.map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const text = textOfRoot(world, json);
  const described = JSON.parse(textOfRoot(world, JSON.stringify(meta))) as typeof meta;
  const values = described.map(({ name, dtype, shape }, i): [string, Tensor] => {
    const size = shape.reduce((n, d) => n * d, 1);
    const data = world.rank === 0 ? (own[i]?.[1] as Tensor).dataSync() : ARRAYS[dtype](size);
    world.broadcast(data, 0, { what: `broadcast of ${dtype} [${shape.join(', ')}]` });
    return [name, tensor(data, { shape, dtype })];
  });
  return decodeState(text, new Map(values));
}

const ARRAYS: Readonly<Record<DType, (n: number) => TypedArray>> = {
  float32: (n) => new Float32Array(n),
  float64: (n) => new Float64Array(n),
  int32: (n) => new Int32Array(n),
  bool: (n) => new Uint8Array(n),
};

/** A text of rank 0, of any length. */
function textOfRoot(world: Communicator, own: string): string {
  const encoded = new TextEncoder().encode(own);
  const length = Int32Array.of(encoded.length);
  world.broadcast(length, 0, { what: 'broadcast of a length' });
  const bytes = new Uint8Array(length[0] as number);
  if (world.rank === 0) bytes.set(encoded);
  world.broadcast(bytes, 0, { what: 'broadcast of plain values' });
  return new TextDecoder().decode(bytes);
}
