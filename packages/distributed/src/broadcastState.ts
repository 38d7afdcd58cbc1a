/**
 * @file Making what ranks hold equal to what rank 0 holds: parameters, buffers, states of optimizers, random
 * numbers.
 */
import {
  Cell,
  ChainruleError,
  evaluate,
  kinds,
  passes,
  getRngState,
  noGrad,
  Tensor,
  tensor,
  type DType,
  type TypedArray,
} from '@chainrule/autograd';
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

/** Gives every rank what rank 0 has. */
export function broadcastState(world: Communicator, target: Broadcastable): void {
  if (isStateful(target)) {
    // Of a model all ranks have the parts; of an optimizer only rank 0 may have a state yet.
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

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor;

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
    // A label may come twice.
    return [`${i} ${name}`, cell];
  });
}

function unfit(): ChainruleError {
  return new ChainruleError(
    'broadcast: expected a model, an optimizer or anything else with stateDict() and loadStateDict(), or its parameters',
  );
}

/** A state as it is on rank 0: its tensors and everything else. */
function received(world: Communicator, state: unknown): unknown {
  const tensors: Tensor[] = [];
  const text = new TextEncoder().encode(JSON.stringify(encode(state, tensors)));
  const meta = tensors.map(({ dtype, shape }) => ({ dtype, shape }));
  const head = bytesOfRoot(world, text);
  const kinds = bytesOfRoot(world, new TextEncoder().encode(JSON.stringify(meta)));
  const described = JSON.parse(new TextDecoder().decode(kinds)) as typeof meta;
  const values = described.map(({ dtype, shape }, i) => {
    const size = shape.reduce((n, d) => n * d, 1);
    const data = world.rank === 0 ? (tensors[i] as Tensor).dataSync() : ARRAYS[dtype](size);
    world.broadcast(data, 0, { what: `broadcast of ${dtype} [${shape.join(', ')}]` });
    return tensor(data, { shape, dtype });
  });
  return decode(JSON.parse(new TextDecoder().decode(head)) as Code, values);
}

const ARRAYS: Readonly<Record<DType, (n: number) => TypedArray>> = {
  float32: (n) => new Float32Array(n),
  float64: (n) => new Float64Array(n),
  int32: (n) => new Int32Array(n),
  bool: (n) => new Uint8Array(n),
};

/** Bytes of rank 0, however many they are. */
function bytesOfRoot(world: Communicator, own: Uint8Array): Uint8Array {
  const length = Int32Array.of(own.length);
  world.broadcast(length, 0, { what: 'broadcast of a length' });
  const bytes = new Uint8Array(length[0] as number);
  if (world.rank === 0) bytes.set(own);
  world.broadcast(bytes, 0, { what: 'broadcast of plain values' });
  return bytes;
}

/** A tree as JSON can hold it: the place of a tensor, entries, what JSON has no word for, or a plain value. */
type Code =
  | { readonly tensor: number }
  | { readonly list: readonly Code[] }
  | { readonly entries: readonly (readonly [string, Code])[] }
  | { readonly number: string }
  | { readonly value?: unknown };

function encode(x: unknown, tensors: Tensor[]): Code {
  if (isTensor(x)) return { tensor: tensors.push(x) - 1 };
  if (Array.isArray(x)) return { list: x.map((y) => encode(y, tensors)) };
  if (typeof x === 'object' && x !== null)
    return { entries: Object.entries(x).map(([key, y]) => [key, encode(y, tensors)]) };
  if (typeof x === 'number' && !Number.isFinite(x)) return { number: String(x) };
  return { value: x };
}

function decode(code: Code, tensors: readonly Tensor[]): unknown {
  if ('tensor' in code) return tensors[code.tensor];
  if ('list' in code) return code.list.map((x) => decode(x, tensors));
  if ('entries' in code)
    return Object.fromEntries(code.entries.map(([key, x]) => [key, decode(x, tensors)]));
  return 'number' in code ? Number(code.number) : (code as { value?: unknown }).value;
}
