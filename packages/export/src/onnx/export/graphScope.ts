/** @file One graph of the file while it is written, and the names that it sees of the graphs around it. */
import type { NodeProto, ValueInfoProto } from '../schema/protos.js';
import type { Source } from './sizes.js';

/** One graph of the file: the main one, or one in a node, which sees the values of those around it. */
export class GraphScope {
  readonly nodes: NodeProto[] = [];
  /** Values whose dimensions give the sizes that depend on dynamic ones. */
  readonly sources = new Map<string, Source>();
  /** Names of values that are written only once. */
  readonly shared = new Map<string, string>();
  readonly outer: GraphScope | null;

  constructor(outer: GraphScope | null) {
    this.outer = outer;
  }

  /** Looks up a value in this graph, or in the nearest graph around it that has it. */
  find<T>(read: (graph: GraphScope) => T | undefined): T | undefined {
    return read(this) ?? this.outer?.find(read);
  }

  /** All sources of sizes that this graph sees. */
  all(): Source[] {
    return [...(this.outer?.all() ?? []), ...this.sources.values()];
  }
}

/** The inputs and outputs of a graph. */
export interface GraphEnds {
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}
