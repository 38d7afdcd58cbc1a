/** @file The parts of a drawn graph. */
import type { DType, TypedArray } from '../graph/dtype.js';
import { show, type Shape } from '../graph/shape.js';

/** A node of a drawn graph. */
export interface GraphNode {
  /** A number that is unique in the graph. */
  readonly id: number;
  /** `operation`; `parameter` for a version of a cell; `input` for a tensor that no operation made. */
  readonly kind: 'operation' | 'parameter' | 'input';
  /** The operation with its numeric arguments, such as `mul 0.5`; for a parameter its name, if it has one. */
  readonly label: string;
  /** The shape of its value. */
  readonly shape: Shape;
  /** The dtype of its value. */
  readonly dtype: DType;
  /** The module path or `scope` it was made in; empty outside of both. */
  readonly scope: string;
  /** Whether gradients flow back to it. */
  readonly requiresGrad: boolean;
  /** Whether it belongs to the backward pass. */
  readonly backward: boolean;
  /** Its elements in row-major order, if they are known; not a copy, so only read it. */
  readonly value: TypedArray | null;
  /** The gradient that `backward()` left at it, in row-major order, or null. */
  readonly gradient: TypedArray | null;
}

/** An edge from an input to a node that is computed from it. */
export interface GraphEdge {
  /** The `id` of the node whose value is read. */
  readonly from: number;
  /** The `id` of the node that reads it. */
  readonly to: number;
}

/** Everything that is drawn. */
export interface DrawnGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** The second line of a node: the dtype and shape of its value. */
export function typeOf({ dtype, shape }: GraphNode): string {
  return `${dtype === 'float32' ? '' : `${dtype} `}${shape.length === 0 ? 'scalar' : show(shape)}`;
}
