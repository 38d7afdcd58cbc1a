/** @file Calls of library functions that ONNX has an operator for: one operator for all nodes of such a call. */
import type { GraphNode, RecordedGraph, Region } from '@chainrule/autograd/graph';
import { ACTIVATIONS } from './activations.js';
import { isNode, nodesIn } from '../trees.js';
import { NORMALIZATIONS } from './normalizations.js';
import { PRODUCTS } from './products.js';
import { RECURRENT } from './recurrent.js';
import type { RegionRule } from './regionRule.js';
import { WINDOWS } from './windows.js';

/** The rules, by the name of the composite function or the module's class. */
export const REGIONS: ReadonlyMap<string, RegionRule> = new Map([
  ...ACTIVATIONS,
  ...NORMALIZATIONS,
  ...PRODUCTS,
  ...WINDOWS,
  ...RECURRENT,
]);

/**
 * The regions that become one operator: a rule accepts their arguments, nothing but their result is read, and they are not
 * inside another such region.
 */
export function acceptedRegions(graph: RecordedGraph, opset: number): Region[] {
  const accepted = new Set<Region>();
  for (const region of graph.regions) {
    if (isInside(region, accepted) || region.nodes.length === 0) continue;
    const rule = REGIONS.get(region.name);
    if (rule === undefined || !isClosed(region)) continue;
    if (opset >= (rule.since ?? 0) && rule.accepts(region, opset)) accepted.add(region);
  }
  return [...accepted];
}

function isInside(region: Region, accepted: ReadonlySet<Region>): boolean {
  for (let r = region.parent; r !== null; r = r.parent) if (accepted.has(r)) return true;
  return false;
}

/** Whether only the result is read, and the region itself computes it. */
function isClosed(region: Region): boolean {
  const results = new Set(nodesIn(region.result));
  const own = new Set<GraphNode>(region.nodes);
  return (
    region.outputs.length > 0 &&
    region.outputs.every((node) => results.has(node)) &&
    [...results].every((node) => own.has(node)) &&
    (region.args[0] === undefined || region.name.startsWith('nn.') || isNode(region.args[0]))
  );
}
