/**
 * @file One function recorded at several sizes: values that are equal in all recordings are fixed, and sizes that change with
 * a dynamic size are expressed by it. The recordings must agree in everything else.
 */
import { ChainruleError, noGrad, zeros, type Tensor } from '@chainrule/autograd';
import {
  recordGraph,
  type GraphNode,
  type LoopNode,
  type RecordedGraph,
  type Region,
} from '@chainrule/autograd/graph';
import type { Module } from '@chainrule/nn';
import { refuse } from './refuse.js';
import type { Size } from './sizes.js';
import type { Axis } from './options.js';
import { acceptedRegions } from './regions/regions.js';
import { nodesIn, plainKey } from './trees.js';

/** A node, or a region that becomes one operator, in every recording; the first recording is the one that is written. */
export type Item =
  | { readonly kind: 'node'; readonly all: readonly GraphNode[] }
  | { readonly kind: 'region'; readonly all: readonly Region[] };

export interface Recordings {
  readonly graphs: readonly RecordedGraph[];
  readonly items: readonly Item[];
  /** The counterparts of a node of the first recording in all recordings. */
  readonly all: (node: GraphNode) => readonly GraphNode[];
  /** The sizes of a node of the first recording, in all recordings. */
  readonly shape: (node: GraphNode) => readonly Size[];
  /**
   * Adds further graphs, one for each recording, and returns their items; their nodes belong to these recordings from now on.
   */
  readonly include: (graphs: readonly RecordedGraph[]) => readonly Item[];
}

type Recordable = (...args: readonly Tensor[]) => unknown;

export interface RecordOptions {
  readonly modules: Module | Readonly<Record<string, Module>> | undefined;
  readonly names: readonly string[];
  readonly opset: number;
}

export function recordAll(
  f: Recordable,
  args: readonly Tensor[],
  axes: readonly Axis[],
  { modules, names, opset }: RecordOptions,
): Recordings {
  const graphs = sizesOf(axes).map((sizes, recording) => {
    const given = args.map((x, i) => {
      const shape = [...x.shape];
      axes.forEach(({ dims }, k) => {
        const dim = dims[i];
        if (dim !== undefined && dim !== null) shape[dim] = sizes[k] as number;
      });
      return zeros(shape, { dtype: x.dtype });
    });
    // Only the first recording notes lines of the user's code, for errors.
    const lines = recording === 0;
    const options = { names, caller: 'exportOnnx', lines, ...(modules && { modules }) };
    return noGrad(() => recordGraph(f, given, options));
  });
  const pairs = new Map<GraphNode, GraphNode[]>();
  const pair = (nodes: readonly (GraphNode | undefined)[]): void => {
    const [first] = nodes;
    if (first !== undefined && !pairs.has(first))
      pairs.set(
        first,
        nodes.map((n) => n ?? first),
      );
  };
  const include = (graphs: readonly RecordedGraph[]): Item[] => {
    const regions = fixedRegions(graphs.map((graph) => acceptedRegions(graph, opset)));
    const lists = graphs.map((graph, i) => itemsOf(graph, regions[i] as readonly Region[]));
    const items = (lists[0] as Entry[]).map((entry, i): Item => {
      const all = lists.map((list) => list[i]);
      checkSame(entry, all, lists, axes);
      const nodes = all.map((e) => nodesOf(e as Entry));
      pairLoops(
        all.map((e) => (e as Entry & { kind: 'node' }).node),
        pair,
      );
      (nodes[0] as GraphNode[]).forEach((_, k) => pair(nodes.map((list) => list[k])));
      return entry.kind === 'region'
        ? { kind: 'region', all: all.map((e) => (e as Entry & { kind: 'region' }).region) }
        : { kind: 'node', all: all.map((e) => (e as Entry & { kind: 'node' }).node) };
    });
    const [first] = graphs as readonly [RecordedGraph];
    first.arguments.forEach((_, i) => pair(graphs.map((g) => g.arguments[i])));
    first.outputs.forEach((_, i) => pair(graphs.map((g) => g.outputs[i]?.node)));
    return items;
  };
  const items = include(graphs);
  const all = (node: GraphNode): readonly GraphNode[] => pairs.get(node) ?? graphs.map(() => node);
  const shape = (node: GraphNode): Size[] =>
    node.shape.map((_, d) => all(node).map((n) => n.shape[d] as number));
  return { graphs, items, all, shape, include };
}

/**
 * The sizes to record at: those given, but at least 2, as 1 could be any constant; each increased separately; and all
 * increased together, twice, the second time by more than the width of a step.
 */
function sizesOf(axes: readonly Axis[]): number[][] {
  const base = axes.map(({ size }) => Math.max(size, 2));
  if (axes.length === 0) return [[]];
  const each = axes.map((_, k) => base.map((n, i) => (i === k ? n + 1 : n)));
  const more = [2, 13].map((step) => base.map((n, i) => n + step + i));
  return [base, ...each, ...more];
}

type Entry =
  | { readonly kind: 'node'; readonly node: GraphNode }
  | { readonly kind: 'region'; readonly region: Region };

/** The regions of each graph whose numbers are the same at all sizes: attributes of an operator are. */
function fixedRegions(lists: readonly (readonly Region[])[]): (readonly Region[])[] {
  const key = (region: Region | undefined): string =>
    region === undefined ? '' : plainKey([region.name, region.args, region.attributes]);
  const isFixed = (i: number): boolean => new Set(lists.map((list) => key(list[i]))).size === 1;
  return lists.map((list) => list.filter((_, i) => isFixed(i)));
}

/** The nodes and regions that compute something, in order. */
function itemsOf(graph: RecordedGraph, regions: readonly Region[]): Entry[] {
  const owner = new Map<GraphNode, Region>();
  for (const region of regions) for (const node of region.nodes) owner.set(node, region);
  const seen = new Set<Region>();
  return graph.nodes.flatMap((node): Entry[] => {
    if (node.kind !== 'operation' && node.kind !== 'loop' && node.kind !== 'result') return [];
    const region = owner.get(node);
    if (region === undefined) return [{ kind: 'node', node }];
    if (seen.has(region)) return [];
    seen.add(region);
    return [{ kind: 'region', region }];
  });
}

/** Pairs the nodes in the bodies of one loop, which must be the same at all sizes. */
function pairLoops(
  all: readonly (GraphNode | undefined)[],
  pair: (nodes: readonly GraphNode[]) => void,
): void {
  const [first] = all;
  if (first?.kind !== 'loop') return;
  first.bodies.forEach(({ nodes }, b) => {
    const bodies = (all as readonly LoopNode[]).map(({ bodies }) => bodies[b]?.nodes ?? []);
    nodes.forEach((node, k) => {
      const same = bodies.map((list) => list[k]);
      if (same.some((n) => n === undefined || kindOf(n) !== kindOf(node)))
        refuse(first, 'what a step computes depends on a dynamic dimension');
      pair(same as GraphNode[]);
      pairLoops(same, pair);
    });
  });
}

/** The nodes that an entry refers to, in a fixed order. */
function nodesOf(entry: Entry): GraphNode[] {
  if (entry.kind === 'node') return [entry.node, ...entry.node.inputs];
  const { args, attributes, result } = entry.region;
  return nodesIn([result, args, attributes]);
}

function nameOf(entry: Entry): string {
  return entry.kind === 'region' ? entry.region.name : kindOf(entry.node);
}

function kindOf(node: GraphNode): string {
  return node.kind === 'operation' || node.kind === 'loop' ? node.op : node.kind;
}

function checkSame(
  entry: Entry,
  all: readonly (Entry | undefined)[],
  lists: readonly (readonly Entry[])[],
  axes: readonly Axis[],
): void {
  const same = all.every((e) => e !== undefined && nameOf(e) === nameOf(entry));
  if (same && lists.every((list) => list.length === (lists[0] as Entry[]).length)) return;
  const names = axes.map(({ name }) => `'${name}'`).join(' or ');
  const why = `the number of operations depends on the size of ${names}; leave it out of dynamic`;
  const node = entry.kind === 'node' ? entry.node : entry.region.nodes[0];
  if (node === undefined || same) throw new ChainruleError(`exportOnnx: ${why}`);
  refuse(node, why);
}
