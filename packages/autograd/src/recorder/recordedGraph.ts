/** @file The types of a recorded graph: nodes in an order in which they can be computed, and its inputs and outputs. */
import type { Cell } from '../graph/cells/cell.js';
import type { DType, TypedArray } from '../graph/dtype.js';
import type { Shape } from '../graph/shape.js';
import type { OperationAttributes, OperationName } from './attributes.js';

/** The fields of every node. */
export interface NodeFacts {
  /** Its index in `nodes`. */
  readonly index: number;
  /** The shape of its value; `[]` for a single number. */
  readonly shape: Shape;
  /** The dtype of its value. */
  readonly dtype: DType;
  /** The path of the module, or the `scope`, in which it was made; empty outside of any. */
  readonly path: string;
  /** The line of the user's code that made it, as `at f (file:line:column)`; empty if it is not known. */
  readonly madeAt: string;
  /** The nodes from which it is computed. */
  readonly inputs: readonly GraphNode[];
}

/** An operation with one result. `op` determines which `attributes` it has. */
export type OperationNode = {
  [K in OperationName]: NodeFacts & {
    readonly kind: 'operation';
    readonly op: K;
    readonly attributes: OperationAttributes[K];
  };
}[OperationName];

/** A tensor or number among the function's arguments. */
export interface ArgumentNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'argument';
  /** Its path among the arguments: `x`, `batch.image`, `arg0[1]`. */
  readonly name: string;
  /** Whether it is a JavaScript number, which is float64 here. */
  readonly isNumber: boolean;
}

/** The value of a cell when the function begins: a parameter, a buffer, the state of an optimizer. */
export interface StateNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'state';
  /** The cell that is read, one of `states`. */
  readonly state: State;
}

/** A number in the function's code, without dimensions. */
export interface NumberNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'number';
  /** The number, to be rounded to the dtype of the node. */
  readonly value: number;
}

/** A tensor from outside that never changes. */
export interface DataNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'data';
  /** Its elements in row-major order; only to be read. */
  readonly data: () => TypedArray;
}

/**
 * The seed of the random generator, or an offset of its sequence: float64 whole numbers below 2^53. An offset is `relative`
 * plus that of the generator when the function begins (in the body of a loop: when its step begins).
 */
export interface RandomNode extends NodeFacts {
  /** Tells the kinds of nodes apart. `seed`: the key of the generator; `offset`: a position in its sequence. */
  readonly kind: 'seed' | 'offset';
  /** The distance of an offset from the one at the beginning; 0 for a seed. */
  readonly relative: number;
}

/** A loop or a choice; its results are `result` nodes. It has no value itself. */
export interface LoopNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'loop';
  /** The function that users called: `scan`, `whileLoop`, `cond`, `switchCase`. */
  readonly op: 'scan' | 'whileLoop' | 'cond' | 'switchCase';
  /**
   * `scan`: runs `length` steps over slices of `sequences`, from the end if `reverse`; its results are the last carries, then
   * the results of the steps as sequences. `while`: the first output of the body says whether there is another step,
   * `condition` whether there is a first, and `length` is the most steps; its results are the last carries and the number of
   * steps, int32. `branch`: the body that `condition` chooses runs once, on `carries`. For `cond` that is the second if the
   * condition is true; for `switchCase` the one with that index, or the nearest if there is none. Its results are those of the
   * body.
   */
  readonly loop: 'scan' | 'while' | 'branch';
  /** The number of steps of a `scan`; the most steps of a `while`. */
  readonly length: number;
  /** Whether a `scan` goes from the end of its sequences to the beginning; false for the others. */
  readonly reverse: boolean;
  /** For a `while`, whether there is a first step; for a `branch`, what chooses the body; null for a `scan`. */
  readonly condition: GraphNode | null;
  /** The carries before the first step; for a `branch`, the operands of its bodies. */
  readonly carries: readonly GraphNode[];
  /** The sequences that a `scan` splits along their first dimension; none for the others. */
  readonly sequences: readonly GraphNode[];
  /** The offset of the random numbers of the first step; null if there are none. */
  readonly offset: GraphNode | null;
  /** Whether the last step uses the random numbers of the first. */
  readonly rewound: boolean;
  /** One body, or the branches to choose from. */
  readonly bodies: readonly LoopBody[];
  /** Shape and dtype of each result, in order. */
  readonly results: readonly { readonly shape: Shape; readonly dtype: DType }[];
}

/** A step of a loop, or a branch: a graph of its own. */
export interface LoopBody {
  /** The nodes of the body, inputs before the nodes that read them. `index` counts within the body. */
  readonly nodes: readonly GraphNode[];
  /** The new carries, then the results of a step; for a `while`, preceded by whether to continue. */
  readonly outputs: readonly GraphNode[];
  /** By how much a step advances the offset of the random generator. */
  readonly draws: number;
}

/** A result of a loop, which is its only input. */
export interface ResultNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'result';
  /** The loop that has this result. */
  readonly loop: LoopNode;
  /** The index of the result among those of the loop, from 0. */
  readonly result: number;
}

/** In a body: a carry, an element of a sequence, or a value of the graph around it. */
export interface BodyInputNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'carry' | 'element' | 'outer';
  /** The index of the carry or sequence. */
  readonly place: number;
  /**
   * The node that it stands for in the surrounding graph, before the first step: a carry, a whole sequence, the value itself.
   */
  readonly from: GraphNode;
}

/** Any node of a graph; `kind` tells them apart. */
export type GraphNode =
  | OperationNode
  | ArgumentNode
  | StateNode
  | NumberNode
  | DataNode
  | RandomNode
  | LoopNode
  | ResultNode
  | BodyInputNode;

/** A cell that the function reads or assigns. */
export interface State {
  /** Its key in the state dictionary of a named module; otherwise its own name, or `state.0`, `state.1` … */
  readonly key: string;
  /** The shape of the cell. */
  readonly shape: Shape;
  /** The dtype of the cell. */
  readonly dtype: DType;
  /** `parameter` requires grad, `buffer` is another cell of a module, `cell` any other: the state of an optimizer. */
  readonly kind: 'parameter' | 'buffer' | 'cell';
  /** The cell itself, for instance to read its value. */
  readonly cell: Cell;
  /** Its value when the function begins, if it is read. */
  readonly input: StateNode | null;
  /** The node that is assigned to it, if any. */
  readonly next: GraphNode | null;
}

/** The nodes made by one call of a composite or a module: for a target with an operator for it. */
export interface Region {
  /** Its index in `regions`: an inner region comes after the one around it. */
  readonly index: number;
  /** The composite, `softmax`, or the class of the module, `nn.LSTM`. */
  readonly name: string;
  /** The path of the module, or the `scope`, in which it was called; empty outside of any. */
  readonly path: string;
  /**
   * Its arguments as given (`[x, 1, { keepdim: true }]`), with nodes in place of tensors; null where a tensor is not part of
   * the graph because no result depends on it.
   */
  readonly args: readonly unknown[];
  /** Its configuration beyond its arguments: for a module, its options and weights. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Its result, with nodes in place of tensors. */
  readonly result: unknown;
  /** The nodes that it made, including those of inner regions. */
  readonly nodes: readonly GraphNode[];
  /** The outside nodes that these read, each once, including JavaScript numbers. */
  readonly inputs: readonly GraphNode[];
  /** Those of its nodes that are read outside, or returned by the function. */
  readonly outputs: readonly GraphNode[];
  /** The region in which it was called. */
  readonly parent: Region | null;
}

/** A function as a graph. */
export interface RecordedGraph {
  /** Inputs come before the nodes that read them. */
  readonly nodes: readonly GraphNode[];
  /** Every tensor and number among the arguments, used or not. */
  readonly arguments: readonly ArgumentNode[];
  /** The cells that are read or assigned, each once; those of named modules first. */
  readonly states: readonly State[];
  /** The tensors that the function returned, named `output` or by their paths in the result: `loss`, `[0]`. */
  readonly outputs: readonly { readonly name: string; readonly node: GraphNode }[];
  /** Builds the function's result from `leaves` in place of its tensors. */
  readonly rebuild: (leaves: readonly unknown[]) => unknown;
  /** Each contribution of `backward()` to the gradient of a parameter. An exporter for several devices averages these. */
  readonly gradients: readonly { readonly state: State; readonly node: GraphNode }[];
  /** The calls of composites and modules that made the nodes, outer ones before inner ones. */
  readonly regions: readonly Region[];
  /** The state of the random generator when the function begins, and by how much it advances. */
  readonly random: { readonly seed: number; readonly offset: number; readonly draws: number };
}
