/** @file Arbitraries for fast-check: shapes, tensors, tensors that broadcast, expressions of them. */
import * as fc from 'fast-check';
import { allocate, isFloat, type DType } from '../graph/dtype.js';
import { sizeOf, type Shape } from '../graph/shape.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { add, mean, mul, neg, sigmoid, sin, softplus, sub, tanh } from '../ops/index.js';

/** Options of `arbShape`. */
export interface ShapeOptions {
  /** Default 0 to 3. */
  readonly minDims?: number;
  /** The largest number of dimensions. Default 3. */
  readonly maxDims?: number;
  /** Sizes of a dimension; default 0 to 4. */
  readonly minSize?: number;
  /** The largest size of a dimension. */
  readonly maxSize?: number;
}

/** A shape; it shrinks to fewer and smaller dimensions. */
export function arbShape({
  minDims = 0,
  maxDims = 3,
  minSize = 0,
  maxSize = 4,
}: ShapeOptions = {}): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: minSize, max: maxSize }), {
    minLength: minDims,
    maxLength: maxDims,
  });
}

/** Options of `arbTensor`, `arbBroadcastable` and `arbExpression`. */
export interface TensorOptions extends ShapeOptions {
  /** A fixed shape, or an arbitrary one; by default `arbShape` with the other options. */
  readonly shape?: Shape | fc.Arbitrary<Shape>;
  /** Default float64, in which gradients can be checked. */
  readonly dtype?: DType;
  /** Where the elements lie; default [-2, 2]. */
  readonly domain?: readonly [number, number];
  /** Points to stay away from, such as kinks: no element lies within 0.05 of one. */
  readonly away?: readonly number[];
  /** NaN, infinities and -0 too. Default false. */
  readonly special?: boolean;
  /** Whether gradients flow back to it. Default false. */
  readonly requiresGrad?: boolean;
}

/** A tensor; it shrinks to a smaller shape and simpler elements. */
export function arbTensor(options: TensorOptions = {}): fc.Arbitrary<Tensor> {
  const { shape, dtype = 'float64', requiresGrad = false } = options;
  const shapes =
    shape === undefined ? arbShape(options) : isArbitrary(shape) ? shape : fc.constant(shape);
  const element = arbElement(dtype, options);
  return shapes.chain((s) => {
    const n = sizeOf(s);
    return fc.array(element, { minLength: n, maxLength: n }).map((elements) => {
      const data = allocate(dtype, n);
      data.set(elements);
      const t = makeLeaf(data, s, dtype);
      return requiresGrad ? t.requiresGrad_() : t;
    });
  });
}

function arbElement(
  dtype: DType,
  { domain = [-2, 2], away = [], special = false }: TensorOptions,
): fc.Arbitrary<number> {
  const [min, max] = domain;
  if (dtype === 'bool') return fc.integer({ min: 0, max: 1 });
  if (!isFloat(dtype)) return fc.integer({ min: Math.ceil(min), max: Math.floor(max) });
  const plain = fc
    .double({ min, max, noNaN: true })
    .filter((x) => away.every((point) => Math.abs(x - point) >= 0.05))
    .map((x) => (dtype === 'float32' ? Math.fround(x) : x));
  return special
    ? fc.oneof({ weight: 4, arbitrary: plain }, fc.constantFrom(NaN, Infinity, -Infinity, -0))
    : plain;
}

function isArbitrary<T>(x: T | fc.Arbitrary<T>): x is fc.Arbitrary<T> {
  return x instanceof fc.Arbitrary;
}

/** Tensors whose shapes broadcast with each other: dimensions of 1 and missing leading ones among them. */
export function arbBroadcastable(count = 2, options: TensorOptions = {}): fc.Arbitrary<Tensor[]> {
  return arbShape({ minSize: 1, ...options })
    .chain((whole) =>
      fc.tuple(
        ...Array.from({ length: count }, () =>
          fc
            .tuple(
              fc.nat({ max: whole.length }),
              fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length }),
            )
            .map(([dropped, ones]) =>
              whole.map((n, d) => (ones[d] === true ? 1 : n)).slice(dropped),
            ),
        ),
      ),
    )
    .chain((shapes) => fc.tuple(...shapes.map((shape) => arbTensor({ ...options, shape }))));
}

/** A random smooth function of tensors, and a place to evaluate it. */
export interface Expression {
  /** The inputs. */
  readonly inputs: Tensor[];
  /** The function of the inputs. */
  readonly f: (...inputs: Tensor[]) => Tensor;
  /** Its steps, one a line. */
  readonly text: string;
  /** The expression as text. */
  toString(): string;
}

const UNARY = { sin, tanh, sigmoid, softplus, neg };
const BINARY = { add, sub, mul };

/**
 * A graph of up to `steps` smooth operations on two tensors that broadcast: sums, products, reductions, and functions of an
 * element, each on any earlier results, so that results are used several times or not at all.
 */
export function arbExpression({
  steps = 8,
  ...options
}: TensorOptions & { readonly steps?: number } = {}): fc.Arbitrary<Expression> {
  const step = fc.record({
    kind: fc.constantFrom(...Object.keys(UNARY), ...Object.keys(BINARY), 'mean'),
    a: fc.nat(),
    b: fc.nat(),
  });
  return fc
    .tuple(arbBroadcastable(2, options), fc.array(step, { minLength: 1, maxLength: steps }))
    .map(([inputs, list]) => {
      const lines = list.map(({ kind, a, b }, i) => {
        const n = inputs.length + i;
        return `r${n} = ${kind}(r${a % n}${kind in BINARY ? `, r${b % n}` : ''})`;
      });
      const f = (...given: Tensor[]): Tensor => {
        const results = given.slice();
        for (const { kind, a, b } of list) {
          const x = results[a % results.length] as Tensor;
          const y = results[b % results.length] as Tensor;
          results.push(
            kind === 'mean'
              ? x.ndim === 0
                ? x
                : mean(x, -1, { keepdim: true })
              : kind in UNARY
                ? UNARY[kind as keyof typeof UNARY](x)
                : BINARY[kind as keyof typeof BINARY](x, y),
          );
        }
        return results.at(-1) as Tensor;
      };
      const text = lines.join('\n');
      return { inputs, f, text, toString: () => `${text}\nof ${inputs.join(', ')}` };
    });
}
