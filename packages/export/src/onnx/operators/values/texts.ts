/** @file Operators on strings. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { broadcastShapes, positions, stridesOf } from '../../import/host.js';
import { known, Strings } from '../../import/values.js';
import { fullMatcher } from './expressions/match.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

function normalized(call: Call): Result {
  const x = call.strings(0);
  const action = call.text('case_change_action', 'NONE');
  const exact = call.flag('is_case_sensitive');
  const fold = (text: string): string => (exact ? text : text.toLowerCase());
  const stop = new Set(call.texts('stopwords', []).map(fold));
  const kept = x.data
    .filter((text) => !stop.has(fold(text)))
    .map((text) =>
      action === 'LOWER' ? text.toLowerCase() : action === 'UPPER' ? text.toUpperCase() : text,
    );
  const data = kept.length === 0 ? [''] : kept;
  return new Strings(data, x.shape.length === 2 ? [1, data.length] : [data.length]);
}

function concatenated(call: Call): Result {
  const [a, b] = [call.strings(0), call.strings(1)];
  const shape = broadcastShapes([a.shape, b.shape]) ?? call.refuse('the shapes do not broadcast');
  const pick = (x: Strings, at: readonly number[]): string => {
    const lead = shape.length - x.shape.length;
    const strides = stridesOf(x.shape);
    const place = x.shape.reduce(
      (sum, n, d) => sum + (n === 1 ? 0 : at[d + lead]! * strides[d]!),
      0,
    );
    return x.data[place]!;
  };
  return new Strings(
    [...positions(shape)].map((at) => pick(a, at) + pick(b, at)),
    shape,
  );
}

function splitTexts(call: Call): Result {
  const x = call.strings(0);
  const delimiter = call.text('delimiter', '');
  const most = call.attributeGiven('maxsplit') ? call.int('maxsplit') : Infinity;
  const parts = x.data.map((text) => splitText(text, delimiter, most));
  const width = parts.reduce((most, p) => Math.max(most, p.length), 0);
  const padded = parts.flatMap((p) => [
    ...p,
    ...Array.from({ length: width - p.length }, () => ''),
  ]);
  return outputs(
    new Strings(padded, [...x.shape, width]),
    known(
      parts.map((p) => p.length),
      x.shape,
    ),
  );
}

/** Like Python's `split`: an empty delimiter splits at whitespace. */
function splitText(text: string, delimiter: string, most: number): string[] {
  const parts: string[] = [];
  let rest = delimiter === '' ? text.trimStart() : text;
  if (rest === '' && delimiter === '') return [];
  while (parts.length < most) {
    const match = delimiter === '' ? /\s+/.exec(rest) : null;
    const at = delimiter === '' ? (match?.index ?? -1) : rest.indexOf(delimiter);
    if (at < 0) break;
    parts.push(rest.slice(0, at));
    rest = rest.slice(at + (match?.[0].length ?? delimiter.length));
    if (delimiter === '' && rest === '') return parts;
  }
  return [...parts, delimiter === '' ? rest.trimEnd() : rest];
}

/** Counts the n-grams of a vocabulary, weighted by TF-IDF. */
function tfIdf(call: Call): Result {
  const value = call.value(0);
  const [least, most] = [call.int('min_gram_length'), call.int('max_gram_length')];
  const skips = call.int('max_skip_count');
  const [starts, places] = [call.ints('ngram_counts'), call.ints('ngram_indexes')];
  const texts = call.texts('pool_strings', []);
  const pool: readonly (string | number)[] = texts.length > 0 ? texts : call.ints('pool_int64s');
  const grams = new Map<string, number>();
  for (let n = 1, index = 0; n <= starts.length; n++) {
    const end = Math.min(starts[n] ?? pool.length, pool.length);
    for (let at = Math.max(starts[n - 1]!, 0); at + n <= end; at += n, index++)
      if (n >= least && n <= most) grams.set(pool.slice(at, at + n).join('\u0000'), index);
  }
  const shape = call.shape(0);
  const data: readonly (string | number)[] =
    value instanceof Strings ? value.data : call.numbers(0);
  const rows = shape.length === 2 ? shape[0]! : 1;
  const length = data.length / Math.max(rows, 1);
  const width = places.reduce((most, n) => Math.max(most, n), -1) + 1;
  const result = new Float32Array(call.checkedSize(rows, width));
  const weights = call.floats('weights', []);
  for (let row = 0; row < rows; row++) {
    const tokens = data.slice(row * length, (row + 1) * length);
    const counts = countGrams(tokens, grams, least, most, skips);
    for (const [index, count] of counts) {
      const weight = weights[index] ?? 1;
      const mode = call.text('mode');
      result[row * width + places[index]!] =
        mode === 'TF' ? count : mode === 'IDF' ? (count > 0 ? weight : 0) : count * weight;
    }
  }
  return cr.tensor(result, { shape: shape.length === 2 ? [rows, width] : [width] });
}

function countGrams(
  tokens: readonly (string | number)[],
  grams: ReadonlyMap<string, number>,
  least: number,
  most: number,
  skips: number,
): Map<number, number> {
  const counts = new Map<number, number>();
  const { length } = tokens;
  for (let n = Math.max(least, 1); n <= Math.min(most, length); n++) {
    // A single token has nothing to skip.
    for (let step = 1; step <= (n === 1 ? 1 : Math.min(skips + 1, length)); step++) {
      for (let at = 0; at + (n - 1) * step < tokens.length; at++) {
        const gram = Array.from({ length: n }, (_, i) => tokens[at + i * step]).join('\u0000');
        const index = grams.get(gram);
        if (index !== undefined) counts.set(index, (counts.get(index) ?? 0) + 1);
      }
    }
  }
  return counts;
}

/** Whether each string as a whole matches a pattern. */
function fullMatches(call: Call): Result {
  const x = call.strings(0);
  const matches = fullMatcher(call.text('pattern'), (why) =>
    call.refuse(`the pattern cannot be read: ${why}`),
  );
  return known(
    x.data.map((text) => (matches(text) ? 1 : 0)),
    x.shape,
    'bool',
  );
}

export const TEXTS: readonly Operator[] = [
  operator('StringNormalizer', normalized),
  operator('StringConcat', concatenated),
  operator('StringSplit', splitTexts),
  operator('TfIdfVectorizer', tfIdf),
  operator('RegexFullMatch', fullMatches),
];
