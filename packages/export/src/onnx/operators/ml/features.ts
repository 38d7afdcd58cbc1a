/** @file Preprocessing of features: scaling, imputation, encoding. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { Known, known, Strings } from '../../import/values.js';
import { isFloat, vectorOf } from '../helpers.js';
import { type Operator, type Result } from '../operator.js';
import { ml } from './ml.js';

function scaler(call: Call): Result {
  const x = call.tensor(0).cast('float32');
  const list = (name: string): cr.Tensor | number => {
    const given = call.floats(name, []);
    return given.length === 0
      ? name === 'offset'
        ? 0
        : 1
      : given.length === 1
        ? given[0]!
        : vectorOf(given);
  };
  return x.sub(list('offset')).mul(list('scale'));
}

function normalizer(call: Call): Result {
  const x = call.tensor(0).cast('float32');
  const norm = call.text('norm', 'MAX');
  const size =
    norm === 'L1'
      ? x.abs().sum(-1, { keepdim: true })
      : norm === 'L2'
        ? x.square().sum(-1, { keepdim: true }).sqrt()
        : x.amax(-1, { keepdim: true });
  return x.div(cr.where(size.eq(0), 1, size));
}

function imputer(call: Call): Result {
  const x = call.tensor(0);
  const whole = call.ints('imputed_value_int64s', []);
  const values = whole.length > 0 ? whole : call.floats('imputed_value_floats', []);
  const missing =
    whole.length > 0 ? call.int('replaced_value_int64', 0) : call.float('replaced_value_float', 0);
  const gone = Number.isNaN(missing) ? x.ne(x) : x.eq(missing);
  const fill = values.length === 1 ? cr.scalar(values[0]!) : vectorOf(values);
  return cr.where(gone, fill.cast(x.dtype), x);
}

function oneHotEncoder(call: Call): Result {
  const value = call.value(0);
  const strict = !call.flag('zeros', true);
  if (value instanceof Strings) {
    const categories = call.texts('cats_strings', []);
    const data = new Float32Array(value.data.length * categories.length);
    value.data.forEach((text, i) => {
      const at = categories.indexOf(text);
      if (at >= 0) data[i * categories.length + at] = 1;
      else if (strict) call.refuse(`there is no category '${text}'`);
    });
    return cr.tensor(data, { shape: [...value.shape, categories.length] });
  }
  const categories = call.ints('cats_int64s', []);
  const x = call.tensor(0).cast('int32').unsqueeze(-1);
  const hot = x.eq(known(categories, [categories.length]).tensor).cast('float32');
  if (strict && hot.sum(-1).amin().item() === 0) call.refuse('an element is in no category');
  return hot;
}

type Key = string | number;

/** The keys or values of an encoder: strings, integers or floats. */
function listOf(call: Call, side: 'keys' | 'values', classes: readonly string[]): readonly Key[] {
  const tensor = call.attributeGiven(`${side}_tensor`)
    ? call.attributes.get(`${side}_tensor`)
    : null;
  if (tensor instanceof Strings) return tensor.data;
  if (tensor instanceof Known) return Array.from(tensor.data);
  const texts = call.texts(`${side}_strings`, []);
  if (texts.length > 0) return texts;
  const whole = call.ints(`${side}_int64s`, []);
  if (whole.length > 0) return whole;
  const floats = call.floats(`${side}_floats`, []);
  return floats.length > 0 ? floats : classes;
}

function labelEncoder(call: Call): Result {
  const value = call.value(0);
  // Version 1 mapped a list of strings to their indices.
  const classes = call.texts('classes_strings', []);
  const isText = value instanceof Strings;
  const places = classes.map((_, i) => i);
  const keys = classes.length > 0 ? (isText ? classes : places) : listOf(call, 'keys', []);
  const values = classes.length > 0 ? (isText ? places : classes) : listOf(call, 'values', []);
  const found = new Map(keys.map((key, i) => [keyOf(key), values[i]!]));
  const text = typeof values[0] === 'string';
  const tensor = call.attributeGiven('default_tensor')
    ? call.attributes.get('default_tensor')
    : null;
  const fallback: Key =
    tensor instanceof Strings
      ? (tensor.data[0] ?? '')
      : tensor instanceof Known
        ? (tensor.data[0] ?? 0)
        : text
          ? call.text('default_string', '_Unused')
          : call.attributeGiven('values_floats')
            ? call.float('default_float', 0)
            : call.int('default_int64', -1);
  const data: readonly Key[] = isText ? value.data : call.numbers(0);
  const result = data.map((key) => found.get(keyOf(key)) ?? fallback);
  const shape = call.shape(0);
  if (text) return new Strings(result as string[], shape);
  const given = call.attributes.get('values_tensor');
  const isFloats =
    call.attributeGiven('values_floats') || (given instanceof Known && isFloat(given.dtype));
  const dtype = given instanceof Known ? given.dtype : isFloats ? 'float32' : 'int32';
  return known(result as number[], shape, dtype).tensor;
}

/** NaN is a key like any other; strings and numbers never collide. */
function keyOf(key: Key): Key {
  return typeof key === 'number' && Number.isNaN(key)
    ? 'NaN'
    : typeof key === 'string'
      ? `'${key}`
      : key;
}

function categoryMapper(call: Call): Result {
  const value = call.value(0);
  const [texts, numbers] = [call.texts('cats_strings'), call.ints('cats_int64s')];
  if (value instanceof Strings) {
    const fallback = call.int('default_int64', -1);
    const data = value.data.map((text) => numbers[texts.indexOf(text)] ?? fallback);
    return known(data, value.shape).tensor;
  }
  const fallback = call.text('default_string', '_Unused');
  return new Strings(
    call.numbers(0).map((n) => texts[numbers.indexOf(n)] ?? fallback),
    call.shape(0),
  );
}

/** The inputs concatenated, as floats. */
function featureVectorizer(call: Call): Result {
  const sizes = call.ints('inputdimensions', []);
  const parts = call.tensors().map((x, i) => {
    const rows = x.ndim < 2 ? 1 : (x.shape[0] as number);
    const flat = x.cast('float32').reshape([rows, -1]);
    return flat.narrow(1, 0, Math.min(sizes[i] ?? Infinity, flat.shape[1]));
  });
  return cr.cat(parts, 1);
}

function arrayFeatureExtractor(call: Call): Result {
  const value = call.value(0);
  const places = call.numbers(1);
  if (value instanceof Strings) {
    const width = value.shape.at(-1) ?? 1;
    const rows = value.data.length / Math.max(width, 1);
    const data = Array.from({ length: rows }, (_, r) =>
      places.map((i) => value.data[r * width + i] ?? call.refuse(`no text ${i}`)),
    );
    return new Strings(data.flat(), [rows, places.length]);
  }
  const x = call.tensor(0);
  const matrix = x.ndim === 1 ? x.unsqueeze(0) : x;
  return matrix.indexSelect(-1, known(places, [places.length]).tensor);
}

/** The values of a map for a list of keys; 0 for keys that the map lacks. */
function dictVectorizer(call: Call): Result {
  const map = call.map(0);
  const texts = call.texts('string_vocabulary', []);
  const keys: readonly (string | number)[] =
    texts.length > 0 ? texts : call.ints('int64_vocabulary', []);
  const values = keys.map((key) => map.get(key));
  const shape = [1, keys.length];
  if (values.some((x) => typeof x === 'string'))
    return new Strings(
      values.map((x) => String(x ?? '')),
      shape,
    );
  return known(
    values.map((x) => Number(x ?? 0)),
    shape,
    'float32',
  ).tensor;
}

/** The values of a map in the order of its integer keys: dense, or each at the index of its key. */
function castMap(call: Call): Result {
  const entries = [...call.map(0)].map(([key, value]) => [Number(key), value] as const);
  entries.sort(([a], [b]) => a - b);
  const sparse = call.text('map_form', 'DENSE') === 'SPARSE';
  const count = sparse ? call.int('max_map', 1) : entries.length;
  if (!(count >= 0 && count <= MAX_MAP_SIZE)) call.refuse(`a map of ${count} values`);
  const values = new Map(entries.map(([key, value], i) => [sparse ? key : i, value]));
  const list = Array.from({ length: count }, (_, i) => values.get(i));
  const to = call.text('cast_to', 'TO_FLOAT');
  if (to === 'TO_STRING')
    return new Strings(
      list.map((x) => String(x ?? 0)),
      [1, count],
    );
  const dtype = to === 'TO_INT64' ? 'int32' : 'float32';
  return known(
    list.map((x) => Number(x ?? 0)),
    [1, count],
    dtype,
  ).tensor;
}

/** The most values of a sparse map. */
const MAX_MAP_SIZE = 1 << 24;

export const FEATURES: readonly Operator[] = [
  ml('Scaler', scaler),
  ml('Normalizer', normalizer),
  ml('Imputer', imputer),
  ml('Binarizer', (call) => {
    const x = call.tensor(0);
    return x.gt(call.float('threshold', 0)).cast(x.dtype);
  }),
  ml('OneHotEncoder', oneHotEncoder),
  ml('LabelEncoder', labelEncoder),
  ml('CategoryMapper', categoryMapper),
  ml('DictVectorizer', dictVectorizer),
  ml('CastMap', castMap),
  ml('FeatureVectorizer', featureVectorizer),
  ml('ArrayFeatureExtractor', arrayFeatureExtractor),
  // A list of maps from class to probability is the matrix itself here: one row per example, one column per class.
  ml('ZipMap', (call) => call.tensor(0)),
];
