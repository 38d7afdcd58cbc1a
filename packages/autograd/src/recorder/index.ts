/**
 * @file `@chainrule/autograd/graph`: functions as graphs, for authors of exporters. Everything exported here is stable;
 * `docs/exporters.md` explains how to use it.
 */
export { recordGraph, type RecordGraphOptions } from './recordGraph.js';
export { region } from '../graph/region.js';
export type { Named } from './states.js';
export type {
  ArgumentNode,
  BodyInputNode,
  DataNode,
  GraphNode,
  LoopBody,
  LoopNode,
  NodeFacts,
  NumberNode,
  OperationNode,
  RandomNode,
  RecordedGraph,
  Region,
  ResultNode,
  State,
  StateNode,
} from './recordedGraph.js';
export {
  elementNames,
  familyNames,
  plainNames,
  type ConfiguredOperations,
  type ElementName,
  type OperationAttributes,
  type OperationName,
} from './attributes.js';
