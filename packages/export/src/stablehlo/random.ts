/** @file Random numbers in StableHLO: Threefry-2x32 with 20 rounds, so that they equal Chainrule's, bit for bit. */
import { elementType, type Node, type Rules } from './rule.js';
import type { Value, Writer } from './writer.js';

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** The low and the high word of unsigned integers. */
function words(w: Writer, x: Value): [low: Value, high: Value] {
  const high = w.map('shift_right_logical', x, w.constant(32, 'ui64', x.shape));
  return [w.convert(x, 'ui32'), w.convert(high, 'ui32')];
}

/** Two random words for each of `n` blocks, starting at an offset. */
function blocks(w: Writer, seed: Value, offset: Value, n: number): [Value, Value] {
  const shape = [n];
  const spread = (x: Value): Value => w.expand(x, shape);
  const [low, high] = words(w, seed);
  const parity = w.constant(0x1bd11bda, 'ui32');
  const third = w.map('xor', w.map('xor', parity, low), high);
  const keys = [low, high, third].map(spread) as [Value, Value, Value];
  const [c0, c1] = words(w, w.map('add', spread(offset), w.iota(shape, 0, 'ui64')));
  let x = w.map('add', c0, keys[0]);
  let y = w.map('add', c1, keys[1]);
  for (let group = 0; group < 5; group++) {
    for (const by of ROTATIONS[group % 2]!) {
      x = w.map('add', x, y);
      const left = w.map('shift_left', y, w.constant(by, 'ui32', shape));
      const right = w.map('shift_right_logical', y, w.constant(32 - by, 'ui32', shape));
      y = w.map('xor', w.map('or', left, right), x);
    }
    x = w.map('add', x, keys[(group + 1) % 3]!);
    y = w.map('add', y, w.map('add', keys[(group + 2) % 3]!, w.constant(group + 1, 'ui32', shape)));
  }
  return [x, y];
}

/** Interleaves two lists: `a[0], b[0], a[1], …`, as many as `shape` has. */
function interleave(w: Writer, a: Value, b: Value, shape: readonly number[]): Value {
  const n = shape.reduce((x, y) => x * y, 1);
  const m = a.shape[0]!;
  const pairs = w.emit(
    'stablehlo.concatenate',
    [w.reshape(a, [m, 1]), w.reshape(b, [m, 1])],
    [m, 2],
    a.type,
    'dimension = 1 : i64',
  );
  const flat = w.reshape(pairs, [2 * m]);
  return w.reshape(n === 2 * m ? flat : w.slice(flat, [0], [n], [1]), shape);
}

/** The highest bits of words as numbers, times a power of two. */
function bits(w: Writer, x: Value, drop: number, factor: number, type: 'f32' | 'f64'): Value {
  const kept = drop === 0 ? x : w.map('shift_right_logical', x, w.constant(drop, 'ui32', x.shape));
  return w.map('multiply', w.convert(kept, type), w.constant(factor, type, x.shape));
}

/** 53 bits of two words. */
function unit53(w: Writer, a: Value, b: Value): Value {
  return w.map('add', bits(w, a, 5, 2 ** -27, 'f64'), bits(w, b, 6, 2 ** -53, 'f64'));
}

function sizeOf({ shape }: Node<'uniform' | 'normal'>): number {
  return shape.reduce((x, y) => x * y, 1);
}

export const randomRules: Rules = {
  uniform(w, [seed, offset], node) {
    const n = sizeOf(node);
    if (node.dtype === 'float64') {
      const [a, b] = blocks(w, seed as Value, offset as Value, n);
      return w.reshape(unit53(w, a, b), node.shape);
    }
    const [a, b] = blocks(w, seed as Value, offset as Value, Math.ceil(n / 2));
    return interleave(
      w,
      bits(w, a, 8, 2 ** -24, 'f32'),
      bits(w, b, 8, 2 ** -24, 'f32'),
      node.shape,
    );
  },
  normal(w, [seed, offset], node) {
    const pairs = Math.ceil(sizeOf(node) / 2);
    const double = node.dtype === 'float64';
    const [a, b] = blocks(w, seed as Value, offset as Value, double ? 2 * pairs : pairs);
    const half = (x: Value, k: number): Value =>
      w.reshape(w.slice(w.reshape(x, [pairs, 2]), [0, k], [pairs, k + 1], [1, 1]), [pairs]);
    const [u, v] = double
      ? ((): [Value, Value] => {
          const all = unit53(w, a, b);
          const first = half(all, 0);
          return [w.map('subtract', w.constant(1, 'f64', [pairs]), first), half(all, 1)];
        })()
      : [
          w.map(
            'multiply',
            w.map('add', w.convert(a, 'f64'), w.constant(0.5, 'f64', [pairs])),
            w.constant(2 ** -32, 'f64', [pairs]),
          ),
          bits(w, b, 0, 2 ** -32, 'f64'),
        ];
    const r = w.map('sqrt', w.map('multiply', w.map('log', u), w.constant(-2, 'f64', [pairs])));
    const turn = w.map('multiply', v, w.constant(2 * Math.PI, 'f64', [pairs]));
    const type = elementType(node.dtype);
    const part = (op: string): Value => w.convert(w.map('multiply', r, w.map(op, turn)), type);
    return interleave(w, part('cosine'), part('sine'), node.shape);
  },
};
