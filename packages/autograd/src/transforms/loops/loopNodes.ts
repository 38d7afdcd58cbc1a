/**
 * @file The nodes of a loop: the two primitives that represent it in the engine.
 *
 * `loop` runs the body step by step and stores the results, `loopResult` takes one of them: so every node of the graph has a
 * single value. A device that supports loops may run both in its own way.
 */
import { loopOf, withLoop, type Loop, type LoopBody } from '../../engine/loop.js';
import { allocate, type DType, type TypedArray } from '../../graph/dtype.js';
import type { AttrValue, Value } from '../../graph/primitive.js';
import { sizeOf, type Shape } from '../../graph/shape.js';
import { makeNode } from '../../graph/node.js';
import type { Tensor } from '../../graph/tensor.js';
import { looping } from '../../kernels/looping.js';
import { primitive, type PrimitiveOp } from '../../ops/build/primitive.js';
import { runLoop } from './stepping.js';

/** A loop without the parts that run it. */
export type LoopSpec = Omit<Loop, 'family' | 'run'>;

interface LoopAttrs extends Record<string, AttrValue> {
  readonly bodies: readonly number[];
}

/** The shapes and dtypes of a loop's results. */
export function resultsOf({ kind, bodies, length }: LoopSpec): { shape: Shape; dtype: DType }[] {
  const { outputs, carries } = bodies[0] as LoopBody;
  if (kind === 'branch') return outputs.slice();
  if (kind === 'while') return [...outputs.slice(1), { shape: [], dtype: 'int32' }];
  return outputs.map(({ shape, dtype }, k) => ({
    shape: k < carries ? shape : [length, ...shape],
    dtype,
  }));
}

/** The attributes of a loop and of its results, shared by all loops of its kind. */
interface LoopDescription {
  readonly loop: Loop;
  readonly attrs: LoopAttrs;
  readonly results: readonly ResultAttrs[];
}

/** For each body its loops, by length; the oldest are evicted first. */
const descriptions = new WeakMap<LoopBody, Map<number, LoopDescription>>();
const MAX_LENGTHS = 64;

function describe(spec: LoopSpec): LoopDescription {
  const body = spec.bodies[0] as LoopBody;
  let lengths = descriptions.get(body);
  if (lengths === undefined) descriptions.set(body, (lengths = new Map<number, LoopDescription>()));
  const known = lengths.get(spec.length);
  if (known !== undefined && isSameSpec(known.loop, spec)) return known;
  const { name, kind, length, reverse, rewound, constants } = spec;
  const loop: Loop = {
    ...{ ...spec, family: looping },
    run: (values, results) => runLoop(loop, values, results),
  };
  const bodies = spec.bodies.map(({ id }) => id);
  const attrs: LoopAttrs = { bodies, name, kind, length, reverse, rewound, constants };
  const results = resultsOf(spec).map(({ shape, dtype }, result) =>
    withLoop({ ...attrs, result, shape, dtype }, loop),
  );
  const made = { loop, attrs: withLoop(attrs, loop), results };
  lengths.set(length, made);
  if (lengths.size > MAX_LENGTHS) lengths.delete(lengths.keys().next().value as number);
  return made;
}

function isSameSpec(a: LoopSpec, b: LoopSpec): boolean {
  const sameLists =
    a.bodies.length === b.bodies.length && a.bodies.every((x, k) => x === b.bodies[k]);
  if (!sameLists || a.constants.length !== b.constants.length) return false;
  return (
    a.constants.every((x, k) => x === b.constants[k]) &&
    a.name === b.name &&
    a.kind === b.kind &&
    a.length === b.length &&
    a.reverse === b.reverse &&
    a.rewound === b.rewound
  );
}

/** The nodes of a loop's results. */
export function loopNodes(spec: LoopSpec, inputs: readonly Tensor[]): Tensor[] {
  const { attrs, results } = describe(spec);
  const ticket = loopOp(inputs, attrs);
  const operands = [ticket, ...inputs];
  return results.map((result) =>
    makeNode(resultOp.primitive, operands, result, result.shape, result.dtype),
  );
}

interface ResultAttrs extends LoopAttrs {
  readonly result: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Results of loops that have not been taken yet, by ticket; the oldest are evicted first. */
const pendingResults = new Map<number, (TypedArray | null)[]>();
const MAX_PENDING_RESULTS = 16;
let nextTicket = 0;

const loopOp: PrimitiveOp<LoopAttrs> = primitive('loop', {
  lowering: { kind: 'loop' },
  shape: () => [1],
  dtype: () => 'int32',
  // The loop is rebuilt by its call.
  batch: ([x]) => x as Tensor,
  reference: (inputs, out, attrs) => {
    out.data[0] = storeResults(loopOf(attrs), inputs);
  },
});

const resultOp: PrimitiveOp<ResultAttrs> = primitive('loopResult', {
  lowering: { kind: 'loopResult', result: ({ result }) => result },
  shape: (_inputs, { shape }) => shape,
  dtype: (_inputs, { dtype }) => dtype,
  batch: ([x]) => x as Tensor,
  reference: ([ticket, ...inputs], out, attrs) => {
    let number = (ticket as Value).data[0] as number;
    // Taken before, or evicted: it is computed again.
    if ((pendingResults.get(number)?.[attrs.result] ?? null) === null)
      number = storeResults(loopOf(attrs), inputs);
    const results = pendingResults.get(number) as (TypedArray | null)[];
    out.data.set(results[attrs.result] as TypedArray);
    results[attrs.result] = null;
    if (results.every((rest) => rest === null)) pendingResults.delete(number);
  },
});

function storeResults(loop: Loop, inputs: readonly Value[]): number {
  const results = resultsOf(loop).map(({ shape, dtype }) => allocate(dtype, sizeOf(shape)));
  loop.run(inputs, results);
  nextTicket = (nextTicket + 1) % 2 ** 30;
  pendingResults.set(nextTicket, results);
  if (pendingResults.size > MAX_PENDING_RESULTS)
    pendingResults.delete(pendingResults.keys().next().value as number);
  return nextTicket;
}
