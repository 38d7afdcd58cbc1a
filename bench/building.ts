/**
 * @file The cost of building graphs, without any arithmetic: nanoseconds per node, the median of rounds.
 *
 *     npx ts-node bench/building.ts [--nodes 2000] [--rounds 15]
 *
 * Three figures: building a forward graph; building its backward graph, which can itself be differentiated; and collecting a
 * graph and looking up its plan, which each uncompiled step does before anything runs.
 */
import { parseArgs } from 'node:util';
import { grad, Parameter, randn, type Tensor } from '@chainrule/autograd';
import { collect } from '../packages/autograd/src/engine/collect.js';
import { engine } from '../packages/autograd/src/engine/engine.js';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '15' },
  },
});
const depth = Math.ceil(Number(values.nodes) / 5);
const rounds = Number(values.rounds);

const x = randn([4, 8]);
const w = new Parameter(randn([8, 8]));
const b = new Parameter(randn([8]));

/** A residual network: five operations per layer. */
function forward(): Tensor {
  let h: Tensor = x;
  for (let i = 0; i < depth; i++) h = h.matmul(w).add(b).tanh().mul(0.5).add(h);
  return h.sum();
}

const sizeOf = (...roots: readonly Tensor[]): number => collect(roots).nodes.length;

/** The median time of `measured` in nanoseconds per node, without the time of `prepare`. */
function median<T>(prepare: () => T, measured: (x: T) => number): number {
  const times: number[] = [];
  for (let i = 0; i < rounds + 3; i++) {
    const given = prepare();
    const start = performance.now();
    const nodes = measured(given);
    times.push((1e6 * (performance.now() - start)) / nodes);
  }
  // Warms up the JavaScript compiler.
  return times.slice(3).sort((p, q) => p - q)[Math.floor(rounds / 2)] as number;
}

// The graph may grow, as inside a transform: nothing is run while building is measured.
engine.building++;
const nodes = sizeOf(forward());
const backwardNodes = ((): number => {
  const loss = forward();
  const gradients = grad(loss, [w, b], { createGraph: true }) as Tensor[];
  return sizeOf(loss, ...gradients) - nodes;
})();
const rows: Record<string, { nodes: number; 'ns a node': number }> = {};
const row = (name: string, count: number, ns: number): void => {
  rows[name] = { nodes: count, 'ns a node': Math.round(ns) };
};
row(
  'forward graph',
  nodes,
  median(
    () => null,
    () => (forward(), nodes),
  ),
);
row(
  'backward graph',
  backwardNodes,
  median(forward, (loss) => (grad(loss, [w, b], { createGraph: true }), backwardNodes)),
);
engine.plans.find(collect([forward()]));
row(
  'plan looked up',
  nodes,
  median(forward, (loss) => (engine.plans.find(collect([loss])), nodes)),
);
engine.building--;
console.table(rows);
console.log(`median of ${rounds} rounds, Node ${process.version}`);
