/** @file Loops and branches: `scan` and `whileLoop` as `while`, `cond` and `switchCase` as `case`. */
import type { GraphNode, LoopBody, LoopNode } from '@chainrule/autograd/graph';
import { elementType } from './rule.js';
import { valueIn, type Scope } from './scope.js';
import { elementAt, loopOver, put } from './stepping.js';
import type { Value, Writer } from './writer.js';

/** Writes a loop, and returns its results. */
export function writeLoop(scope: Scope, loop: LoopNode): Value[] {
  if (loop.loop === 'branch') return writeBranch(scope, loop);
  return loop.loop === 'scan' ? writeScan(scope, loop) : writeWhile(scope, loop);
}

/** The values that bodies read from outside, each once: a `while` must receive all of them as operands. */
function outerNodes(bodies: readonly LoopBody[]): GraphNode[] {
  const found = new Set<GraphNode>();
  for (const body of bodies) {
    for (const node of body.nodes) if (node.kind === 'outer') found.add(node.from);
  }
  return [...found];
}

interface Step {
  readonly carries: readonly Value[];
  readonly elements: readonly Value[];
  readonly outer: ReadonlyMap<GraphNode, Value>;
  readonly offset: Value | null;
  readonly seed: Value | null;
}

/** Writes a body, and returns its outputs. */
function writeBody(w: Writer, body: LoopBody, step: Step, { write }: Scope): Value[] {
  const values = new Map<GraphNode, Value>();
  for (const node of body.nodes) {
    if (node.kind === 'carry') values.set(node, step.carries[node.place] as Value);
    else if (node.kind === 'element') values.set(node, step.elements[node.place] as Value);
    else if (node.kind === 'outer') values.set(node, step.outer.get(node.from) as Value);
  }
  const scope: Scope = {
    w,
    values,
    loops: new Map(),
    offset: step.offset,
    seed: step.seed,
    finish: (_node, value) => value,
    write,
  };
  write(scope, body.nodes);
  return body.outputs.map((y) => valueIn(scope, y));
}

/** The offset of the first random number of a step. */
function offsetAt(w: Writer, base: Value | null, order: Value, draws: number): Value | null {
  if (base === null) return null;
  const steps = w.convert(order, 'ui64');
  return w.map('add', base, w.map('multiply', steps, w.constant(draws, 'ui64')));
}

/** Splits a list into parts of given lengths. */
function split(xs: readonly Value[], ...lengths: number[]): Value[][] {
  let at = 0;
  return lengths.map((n) => xs.slice(at, (at += n)));
}

function writeScan(scope: Scope, loop: LoopNode): Value[] {
  const { w } = scope;
  const [body] = loop.bodies as [LoopBody];
  const carries = loop.carries.map((x) => valueIn(scope, x));
  const n = carries.length;
  const sequences = loop.sequences.map((x) => valueIn(scope, x));
  const outer = outerNodes(loop.bodies);
  const base = loop.offset === null ? null : valueIn(scope, loop.offset);
  const stacked = loop.results
    .slice(n)
    .map(({ shape, dtype }) => w.constant(0, elementType(dtype), shape));
  const fixed = [
    ...sequences,
    ...outer.map((x) => valueIn(scope, x)),
    ...(base === null ? [] : [base]),
  ];
  const state = [w.constant(0, 'i32'), ...carries, ...stacked, ...fixed];
  if (scope.seed !== null) state.push(scope.seed);
  const last = (v: Writer): Value => v.constant(loop.length - 1, 'i32');
  const results = loopOver(
    w,
    state,
    (v, [i]) => v.compare('LT', i as Value, v.constant(loop.length, 'i32')),
    (v, xs) => {
      const [[i], now, made, seqs, around, [from], [seed]] = split(
        xs,
        1,
        n,
        stacked.length,
        sequences.length,
        outer.length,
        base === null ? 0 : 1,
        1,
      ) as [Value[], Value[], Value[], Value[], Value[], Value[], Value[]];
      const count = i as Value;
      const t = loop.reverse ? v.map('subtract', last(v), count) : count;
      const order = loop.rewound ? v.map('subtract', last(v), count) : count;
      const outputs = writeBody(
        v,
        body,
        {
          carries: now,
          elements: seqs.map((x) => elementAt(v, x, t)),
          outer: new Map(outer.map((node, k) => [node, around[k] as Value])),
          offset: offsetAt(v, from ?? null, order, body.draws),
          seed: seed ?? null,
        },
        scope,
      );
      const parts = outputs.slice(n);
      const next = made.map((whole, k) => put(v, whole, parts[k] as Value, t));
      return [
        v.map('add', count, v.constant(1, 'i32')),
        ...outputs.slice(0, n),
        ...next,
        ...xs.slice(1 + n + stacked.length),
      ];
    },
  );
  return results.slice(1, 1 + n + stacked.length);
}

function writeWhile(scope: Scope, loop: LoopNode): Value[] {
  const { w } = scope;
  const [body] = loop.bodies as [LoopBody];
  const carries = loop.carries.map((x) => valueIn(scope, x));
  const n = carries.length;
  const outer = outerNodes(loop.bodies);
  const base = loop.offset === null ? null : valueIn(scope, loop.offset);
  const holds = w.convert(valueIn(scope, loop.condition as GraphNode), 'i1');
  const state = [
    w.constant(0, 'i32'),
    w.reshape(holds, []),
    ...carries,
    ...outer.map((x) => valueIn(scope, x)),
    ...(base === null ? [] : [base]),
  ];
  if (scope.seed !== null) state.push(scope.seed);
  const results = loopOver(
    w,
    state,
    (v, [i, on]) =>
      v.map('and', on as Value, v.compare('LT', i as Value, v.constant(loop.length, 'i32'))),
    (v, xs) => {
      const [[i], now, around, [from], [seed]] = split(
        [xs[0] as Value, ...xs.slice(2)],
        1,
        n,
        outer.length,
        base === null ? 0 : 1,
        1,
      ) as [Value[], Value[], Value[], Value[], Value[]];
      const count = i as Value;
      const [again, ...next] = writeBody(
        v,
        body,
        {
          carries: now,
          elements: [],
          outer: new Map(outer.map((node, k) => [node, around[k] as Value])),
          offset: offsetAt(v, from ?? null, count, body.draws),
          seed: seed ?? null,
        },
        scope,
      );
      return [
        v.map('add', count, v.constant(1, 'i32')),
        v.reshape(v.convert(again as Value, 'i1'), []),
        ...next,
        ...xs.slice(2 + n),
      ];
    },
  );
  return [...results.slice(2, 2 + n), results[0] as Value];
}

function writeBranch(scope: Scope, loop: LoopNode): Value[] {
  const { w } = scope;
  const carries = loop.carries.map((x) => valueIn(scope, x));
  const given = w.reshape(valueIn(scope, loop.condition as GraphNode), []);
  const last = loop.bodies.length - 1;
  const index =
    loop.op === 'cond'
      ? w.convert(w.convert(given, 'i1'), 'i32')
      : w.map(
          'minimum',
          w.map('maximum', w.convert(given, 'i32'), w.constant(0, 'i32')),
          w.constant(last, 'i32'),
        );
  const base = loop.offset === null ? null : valueIn(scope, loop.offset);
  const results = loop.results.map(({ shape, dtype }) => ({ shape, type: elementType(dtype) }));
  const regions = loop.bodies.map((body) =>
    w.region([], (v) =>
      writeBody(
        v,
        body,
        {
          carries,
          elements: [],
          outer: new Map(outerNodes([body]).map((node) => [node, valueIn(scope, node)])),
          offset: base,
          seed: scope.seed,
        },
        scope,
      ),
    ),
  );
  return w.emitAll('stablehlo.case', [index], results, '', regions);
}
