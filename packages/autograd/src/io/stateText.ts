/** @file A state as text and tensors, to be sent to another thread or process. */
import { checkArgument, reading } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { FormatError } from '../errors.js';
import type { Tensor } from '../graph/tensor.js';
import { plainRecord } from './elements.js';
import { readJson } from './json.js';
import { checkNamed } from './kinds.js';
import { decodeState as decode, encodeState as encode } from './state.js';
import { entriesOf, type NamedTensors } from './tensors.js';

/** The result of {@link encodeState}. */
export interface EncodedState {
  /** Everything but the tensors, as JSON. */
  readonly json: string;
  /** The tensors, under the names by which the text refers to them. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** As deep as {@link encodeState} goes, including the tags around each part. */
const MAX_DEPTH = 200;

/**
 * A state dictionary, or any nesting of values that `saveCheckpoint` takes (numbers, strings, arrays, objects, Maps, typed
 * arrays, tensors, objects with `stateDict()`), as JSON text and tensors: for sending a state elsewhere, such as to a worker.
 *
 * @throws {FormatError} for a function, an instance of a class without `stateDict()`, or a cycle.
 * @example
 * const { json, tensors } = encodeState(optimizer.stateDict());
 * worker.postMessage({ json, bytes: encodeSafetensors(tensors) });
 */
export function encodeState(state: unknown): EncodedState {
  const found = new Map<string, Tensor>();
  if (state === undefined) throw new FormatError('encodeState: a state must be given');
  const json = reading('encodeState', 'the state', () =>
    JSON.stringify(encode(state, 'encodeState: the state', found)),
  );
  return { json, tensors: recordOf(found.entries()) };
}

/**
 * Restores the state that {@link encodeState} converted; its objects have no prototype.
 *
 * @throws {FormatError} if the text is not what `encodeState` writes, or names a tensor that is missing.
 * @example optimizer.loadStateDict(decodeState(json, decodeSafetensors(bytes)) as never);
 */
export function decodeState(json: string, tensors: NamedTensors): unknown {
  checkArgument('decodeState', 'json', json, kinds.text);
  checkNamed('decodeState', tensors);
  const text = readJson(json, 'decodeState', { maxDepth: MAX_DEPTH });
  return decode(text, 'decodeState', recordOf(entriesOf(tensors, 'decodeState')));
}

/** Without a prototype, whose members are not tensors. */
function recordOf(entries: Iterable<readonly [string, Tensor]>): Record<string, Tensor> {
  const record = plainRecord<Tensor>();
  for (const [name, tensor] of entries) record[name] = tensor;
  return record;
}
