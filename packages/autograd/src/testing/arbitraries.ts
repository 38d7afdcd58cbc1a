/** @file Arbitraries for fast-check: shapes, tensors, tensors that broadcast, and expressions of tensors. */
import * as fc from 'fast-check';
import { checkArgument, defineOptions } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError } from '../errors.js';
import { allocate, isFloat, type DType } from '../graph/dtype.js';
import { MAX_RANK, sizeOf, type Shape } from '../graph/shape.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { add, mean, mul, neg, sigmoid, sin, softplus, sub, tanh } from '../ops/index.js';

/** The largest size of a dimension: a drawn tensor is built, and rebuilt many times while it is shrunk. */
const MAX_SIZE = 10_000;

/** Options of `arbShape`. */
export interface ShapeOptions {
  /** The smallest number of dimensions. Default 0. */
  readonly minDims?: number;
  /** The largest number of dimensions. Default 3. */
  readonly maxDims?: number;
  /** The smallest size of a dimension. Default 0. */
  readonly minSize?: number;
  /** The largest size of a dimension. Default 4. */
  readonly maxSize?: number;
}

const shapeKinds = {
  minDims: kinds.wholeBetween(0, MAX_RANK),
  maxDims: kinds.wholeBetween(0, MAX_RANK),
  minSize: kinds.wholeBetween(0, MAX_SIZE),
  maxSize: kinds.wholeBetween(0, MAX_SIZE),
};
const shapeOptions = defineOptions<ShapeOptions>(shapeKinds);

/**
 * A shape; it shrinks to fewer and smaller dimensions.
 * @example fc.assert(fc.property(arbShape({ maxDims: 2 }), (shape) => ones(shape).ndim <= 2));
 */
export function arbShape(options?: ShapeOptions): fc.Arbitrary<number[]> {
  return shapesOf('arbShape', shapeOptions('arbShape', options));
}

function shapesOf(
  op: string,
  {
    minDims = 0,
    maxDims = Math.max(3, minDims),
    minSize = 0,
    maxSize = Math.max(4, minSize),
  }: ShapeOptions,
): fc.Arbitrary<number[]> {
  if (minDims > maxDims || minSize > maxSize) {
    throw new ChainruleError(
      `${op}: there is no shape of ${minDims} to ${maxDims} dimensions with sizes from ${minSize} to ${maxSize}`,
    );
  }
  return fc.array(fc.integer({ min: minSize, max: maxSize }), {
    minLength: minDims,
    maxLength: maxDims,
  });
}

/** Options of `arbTensor`, `arbBroadcastable` and `arbExpression`. */
export interface TensorOptions extends ShapeOptions {
  /** A fixed shape, or an arbitrary one. Default: `arbShape` with the other options. */
  readonly shape?: Shape | fc.Arbitrary<Shape>;
  /** The dtype. Default float64, in which gradients can be checked. */
  readonly dtype?: DType;
  /** The range of the elements. Default [−2, 2]. */
  readonly domain?: readonly [number, number];
  /** Points to avoid, such as kinks: no element lies within 0.05 of one. */
  readonly away?: readonly number[];
  /** Whether to include NaN, infinities and −0. Default false. */
  readonly special?: boolean;
  /** Whether gradients flow back to it. Default false. */
  readonly requiresGrad?: boolean;
}

const sizes = kinds.listOf(kinds.wholeBetween(0, MAX_SIZE));
const tensorKinds = {
  ...shapeKinds,
  shape: kinds.kind<Shape | fc.Arbitrary<Shape>>(
    'be a shape or an arbitrary one',
    (x) => x instanceof fc.Arbitrary || sizes.test(x),
  ),
  dtype: kinds.dtype,
  domain: kinds.kind<readonly [number, number]>(
    'be [min, max]',
    (x) => kinds.tuple(kinds.finite, kinds.finite).test(x) && x[0] <= x[1],
  ),
  away: kinds.listOf(kinds.number),
  special: kinds.flag,
  requiresGrad: kinds.flag,
};
const tensorOptions = defineOptions<TensorOptions>(tensorKinds);
const expressionOptions = defineOptions<TensorOptions & { readonly steps?: number }>({
  ...tensorKinds,
  steps: kinds.wholeBetween(1, 1000),
});

/**
 * A tensor; it shrinks to a smaller shape and simpler elements.
 * @example fc.assert(fc.property(arbTensor(), (x) => x.neg().neg().equal(x)));
 */
export function arbTensor(options?: TensorOptions): fc.Arbitrary<Tensor> {
  return tensorsOf('arbTensor', tensorOptions('arbTensor', options));
}

function tensorsOf(op: string, options: TensorOptions): fc.Arbitrary<Tensor> {
  const { shape, dtype = 'float64', requiresGrad = false } = options;
  const shapes =
    shape === undefined ? shapesOf(op, options) : isArbitrary(shape) ? shape : fc.constant(shape);
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

/**
 * Tensors whose shapes broadcast with each other, some with dimensions of size 1 or missing leading dimensions.
 * @example fc.assert(fc.property(arbBroadcastable(2), ([x, y]) => x.add(y).equal(y.add(x))));
 */
export function arbBroadcastable(count = 2, options?: TensorOptions): fc.Arbitrary<Tensor[]> {
  checkArgument('arbBroadcastable', 'count', count, kinds.wholeBetween(1, 100));
  const given = tensorOptions('arbBroadcastable', options);
  return shapesOf('arbBroadcastable', { minSize: 1, ...given })
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
    .chain((shapes) =>
      fc.tuple(...shapes.map((shape) => tensorsOf('arbBroadcastable', { ...given, shape }))),
    );
}

/** A random smooth function of tensors, and inputs at which to evaluate it. */
export interface Expression {
  /** The inputs. */
  readonly inputs: Tensor[];
  /** The function of the inputs. */
  readonly f: (...inputs: Tensor[]) => Tensor;
  /** Its steps, one per line. */
  readonly text: string;
  /** The expression as text. */
  toString(): string;
}

const UNARY = { sin, tanh, sigmoid, softplus, neg };
const BINARY = { add, sub, mul };

/**
 * A graph of up to `steps` smooth operations on two tensors that broadcast: sums, products, reductions and element-wise
 * functions of any earlier results, so that results are used several times or not at all.
 * @example fc.assert(fc.property(arbExpression(), ({ f, inputs }) => gradcheck(f, inputs)));
 */
export function arbExpression(
  options?: TensorOptions & { readonly steps?: number },
): fc.Arbitrary<Expression> {
  const { steps = 8, ...drawn } = expressionOptions('arbExpression', options);
  const step = fc.record({
    kind: fc.constantFrom(...Object.keys(UNARY), ...Object.keys(BINARY), 'mean'),
    a: fc.nat(),
    b: fc.nat(),
  });
  return fc
    .tuple(arbBroadcastable(2, drawn), fc.array(step, { minLength: 1, maxLength: steps }))
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
