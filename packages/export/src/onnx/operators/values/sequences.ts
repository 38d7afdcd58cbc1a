/** @file Lists of tensors, and values that may be missing. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { Known, known, type Value } from '../../import/values.js';
import { dimension, range } from '../helpers.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

/** An index into a list; `ends` of 1 also allows the position after the last element. */
function place(call: Call, input: number, length: number, ends = 0): number {
  const at = call.number(input);
  const i = at < 0 ? at + length : at;
  if (!(i >= 0 && i < length + ends))
    call.refuse(`position ${at} is out of range for a sequence of ${length}`);
  return i;
}

function splitToSequence(call: Call): Result {
  const x = call.tensor(0);
  const dim = dimension(call, call.int('axis', 0), x.ndim);
  const n = x.shape[dim] as number;
  if (!call.has(1)) {
    const parts = cr.split(x, 1, dim);
    return call.flag('keepdims', true) ? parts : parts.map((part) => part.squeeze(dim));
  }
  const sizes = call.numbers(1);
  if (call.shape(1).length > 0) return cr.split(x, sizes, dim);
  const size = sizes[0] ?? 1;
  return n === 0 ? [] : cr.split(x, size, dim);
}

function concatFromSequence(call: Call): Result {
  const all = call.sequence(0).map((x) => (x instanceof Known ? x.tensor : x));
  if (!all.every((x) => x instanceof cr.Tensor)) call.refuse('the sequence must be of tensors');
  const tensors = all;
  const rank = tensors[0]?.ndim ?? call.refuse('the sequence is empty');
  const isNew = call.flag('new_axis');
  const dim = dimension(call, call.int('axis'), rank + (isNew ? 1 : 0));
  return isNew ? cr.stack(tensors, dim) : cr.cat(tensors, dim);
}

function insert(call: Call): Result {
  const list = [...call.sequence(0)];
  list.splice(call.has(2) ? place(call, 2, list.length, 1) : list.length, 0, call.value(1));
  return list;
}

function erase(call: Call): Result {
  const list = [...call.sequence(0)];
  if (list.length === 0) call.refuse('the sequence is empty');
  list.splice(call.has(1) ? place(call, 1, list.length) : list.length - 1, 1);
  return list;
}

/** Runs the body for each element; inputs that are no sequences are passed to every run. */
function map(call: Call): Result {
  const inputs = call.values();
  const first = call.sequence(0);
  const lists: Value[][] = range(call.outputCount).map(() => []);
  first.forEach((_, i) => {
    const each = inputs.map((x) => (Array.isArray(x) ? (x as Value[])[i]! : x));
    call.run('body', each).forEach((y, k) => lists[k]?.push(y));
  });
  return outputs(...lists);
}

/** An optional is represented by its value, or by an empty list. */
const isMissing = (value: Value | undefined): boolean =>
  value === undefined || (Array.isArray(value) && value.length === 0);

export const SEQUENCES: readonly Operator[] = [
  operator('SequenceConstruct', (call) => call.values()),
  operator('SequenceEmpty', () => []),
  operator('SequenceAt', (call) => call.sequence(0)[place(call, 1, call.sequence(0).length)]!),
  operator('SequenceInsert', insert),
  operator('SequenceErase', erase),
  operator('SequenceLength', (call) => known([call.sequence(0).length], [])),
  operator('SplitToSequence', splitToSequence, { constants: [1] }),
  operator('ConcatFromSequence', concatFromSequence),
  operator('SequenceMap', map),
  operator('Optional', (call) => (call.has(0) ? call.value(0) : [])),
  operator('OptionalGetElement', (call) =>
    isMissing(call.value(0)) ? call.refuse('the value is missing') : call.value(0),
  ),
  operator('OptionalHasElement', (call) =>
    known([call.has(0) && !isMissing(call.value(0)) ? 1 : 0], [], 'bool'),
  ),
];
