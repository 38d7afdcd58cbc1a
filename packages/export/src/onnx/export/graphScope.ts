/** @file A graph of the file while it is written, and what it sees of those around it. */
import type { NodeProto, ValueInfoProto } from '../schema/protos.js';
import type { Source } from './sizes.js';

/** One graph of the file: the main one, or one in a node, which sees the values of those around it. */
export class GraphScope {
  readonly nodes: NodeProto[] = [];
  /** Where sizes that depend on what is dynamic can be read. */
  readonly sources = new Map<string, Source>();
  /** What is written once. */
  readonly shared = new Map<string, string>();
  readonly outer: GraphScope | null;

  constructor(outer: GraphScope | null) {
    this.outer = outer;
  }

  /** What this graph, or the nearest one around it, has. */
  find<T>(read: (graph: GraphScope) => T | undefined): T | undefined {
    return read(this) ?? this.outer?.find(read);
  }

  /** All sources that it sees. */
  all(): Source[] {
    return [...(this.outer?.all() ?? []), ...this.sources.values()];
  }
}

/** What a graph takes, or gives. */
export interface GraphEnds {
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}
