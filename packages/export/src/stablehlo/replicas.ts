/** @file Training on several devices: which values differ between them, and which are averaged. */
import { ChainruleError } from '@chainrule/autograd';
import type { GraphNode, RecordedGraph } from '@chainrule/autograd/graph';
import type { Value, Writer } from './writer.js';

/** The mean of a value over all devices. */
export function average(w: Writer, x: Value, replicas: number): Value {
  const group = Array.from({ length: replicas }, (_, r) => r).join(', ');
  const sum = w.emit(
    'stablehlo.all_reduce',
    [x],
    x.shape,
    x.type,
    `replica_groups = dense<[[${group}]]> : tensor<1x${replicas}xi64>`,
    [w.combiner('stablehlo.add', x.type)],
  );
  return w.map('divide', sum, w.constant(replicas, x.type, x.shape));
}

/**
 * The nodes that are averaged over all devices: the contribution of each `backward()` to a gradient, so that clipping and
 * updates see the gradient of the joint batch; and floats that are assigned to a state without a gradient, such as running
 * statistics.
 */
export function averaged(graph: RecordedGraph): ReadonlySet<GraphNode> {
  const means = new Set<GraphNode>(graph.gradients.map(({ node }) => node));
  const differs = new Set<GraphNode>();
  for (const node of graph.nodes) {
    if (means.has(node)) continue;
    const own = node.kind === 'argument' || node.kind === 'seed';
    if (own || node.inputs.some((x) => differs.has(x))) differs.add(node);
  }
  for (const { key, next } of graph.states) {
    if (next === null || !differs.has(next)) continue;
    if (next.dtype !== 'float32' && next.dtype !== 'float64') {
      throw new ChainruleError(
        `exportStableHLO: ${key} is ${next.dtype} and would differ between replicas, as it depends on their batches; ` +
          'only floats can be averaged: keep it outside of the step',
      );
    }
    means.add(next);
  }
  return means;
}
