/** @file What a recorded graph is: nodes in the order they can be computed, and what goes in and out. */
import type { Cell } from '../graph/cells/cell.js';
import type { DType, TypedArray } from '../graph/dtype.js';
import type { Shape } from '../graph/shape.js';
import type { OperationAttributes, OperationName } from './attributes.js';

/** What every node has. */
export interface NodeFacts {
  /** Its place in `nodes`. */
  readonly index: number;
  /** The shape of its value; `[]` for a single number. */
  readonly shape: Shape;
  /** The dtype of its value. */
  readonly dtype: DType;
  /** The path of the module, or the `scope`, it was made in; empty outside of any. */
  readonly path: string;
  /** The line of the user's code that made it, as `at f (file:line:column)`; empty where it is not known. */
  readonly madeAt: string;
  /** What it is computed from. */
  readonly inputs: readonly GraphNode[];
}

/** An operation of one result. `op` tells which `attributes` it has. */
export type OperationNode = {
  [K in OperationName]: NodeFacts & {
    readonly kind: 'operation';
    readonly op: K;
    readonly attributes: OperationAttributes[K];
  };
}[OperationName];

/** A tensor or number that the function was given. */
export interface ArgumentNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'argument';
  /** Where among the arguments: `x`, `batch.image`, `arg0[1]`. */
  readonly name: string;
  /** Whether it is a JavaScript number, which is float64 here. */
  readonly isNumber: boolean;
}

/** What a cell holds when the function begins: a parameter, a buffer, the state of an optimizer. */
export interface StateNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'state';
  /** The cell that is read, one of `states`. */
  readonly state: State;
}

/** A number in the function's code, of no dimensions. */
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
  /** Its elements in row-major order: to be read only. */
  readonly data: () => TypedArray;
}

/**
 * The seed of the random generator, or an offset of its sequence: float64 whole numbers below 2^53. An offset is `relative`
 * plus that of the generator when the function begins (in the body of a loop: when its step begins).
 */
export interface RandomNode extends NodeFacts {
  /** Tells the kinds of nodes apart. `seed`: the key of the generator; `offset`: a place in its sequence. */
  readonly kind: 'seed' | 'offset';
  /** How far after the one at the beginning an offset is; 0 for a seed. */
  readonly relative: number;
}

/** A loop or a choice; its results are `result` nodes. It has no value itself. */
export interface LoopNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'loop';
  /** What users wrote: `scan`, `whileLoop`, `cond`, `switchCase`. */
  readonly op: 'scan' | 'whileLoop' | 'cond' | 'switchCase';
  /**
   * `scan`: `length` steps over slices of `sequences`, from the end if `reverse`; its results are the last carries, then
   * what the steps gave as sequences.
   * `while`: the first output of the body says whether there is another step, `condition` whether there is a first, and
   * `length` how many there may be; its results are the last carries and the number of steps, int32.
   * `branch`: the body that `condition` chooses runs once, on `carries`: of `cond` the second if it holds, of `switchCase`
   * the one it counts, the nearest where there is none; its results are those of the body.
   */
  readonly loop: 'scan' | 'while' | 'branch';
  /** The number of steps of a `scan`; the most steps of a `while`. */
  readonly length: number;
  /** Whether a `scan` goes from the end of its sequences to the beginning; false for the others. */
  readonly reverse: boolean;
  /** Of a `while` whether there is a first step, of a `branch` what chooses the body; null for a `scan`. */
  readonly condition: GraphNode | null;
  /** The carries before the first step; of a `branch` the operands of its bodies. */
  readonly carries: readonly GraphNode[];
  /** The sequences that a `scan` takes apart along their first dimension; none for the others. */
  readonly sequences: readonly GraphNode[];
  /** Where the random numbers of the first step begin; null if there are none. */
  readonly offset: GraphNode | null;
  /** Whether the random numbers of the last step are those of the first. */
  readonly rewound: boolean;
  /** One, or the branches to choose from. */
  readonly bodies: readonly LoopBody[];
  /** Shape and dtype of each result, in order. */
  readonly results: readonly { readonly shape: Shape; readonly dtype: DType }[];
}

/** A step of a loop, or a branch: a graph of its own. */
export interface LoopBody {
  /** The nodes of the body, inputs before what is made from them. `index` counts within the body. */
  readonly nodes: readonly GraphNode[];
  /** The new carries, then what a step gives; before them, in a `while`, whether to go on. */
  readonly outputs: readonly GraphNode[];
  /** How far a step moves the offset of the random generator. */
  readonly draws: number;
}

/** A result of a loop, which is its one input. */
export interface ResultNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'result';
  /** The loop that it is a result of. */
  readonly loop: LoopNode;
  /** Which of the results of the loop, from 0. */
  readonly result: number;
}

/** In a body: a carry, an element of a sequence, or a value of the graph around it. */
export interface BodyInputNode extends NodeFacts {
  /** Tells the kinds of nodes apart. */
  readonly kind: 'carry' | 'element' | 'outer';
  /** Which carry or sequence. */
  readonly place: number;
  /** What it is in the graph around it, before the first step: a carry, a whole sequence, the value itself. */
  readonly from: GraphNode;
}

/** Any node of a graph. `kind` tells which it is. */
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
  /** Its key in the state dictionary of a module that was named; else what it is called, or `state.0`, `state.1` … */
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
  /** What it is assigned, if it is. */
  readonly next: GraphNode | null;
}

/** What one call of a composite, or of a module, has made: for a target that has an operator for it. */
export interface Region {
  /** Its place in `regions`: an inner region comes after the one around it. */
  readonly index: number;
  /** The composite, `softmax`, or the class of the module, `nn.LSTM`. */
  readonly name: string;
  /** The path of the module, or the `scope`, it was called in; empty outside of any. */
  readonly path: string;
  /**
   * What it was called with, as it was given (`[x, 1, { keepdim: true }]`), with nodes in the places of tensors; null where
   * a tensor is not part of the graph, as nothing that is returned depends on it.
   */
  readonly args: readonly unknown[];
  /** What configures it beyond its arguments: of a module its options and weights. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** What it returned, with nodes in the places of tensors. */
  readonly result: unknown;
  /** The nodes it has made, those of inner regions too. */
  readonly nodes: readonly GraphNode[];
  /** What these read from outside, each once; JavaScript numbers among them. */
  readonly inputs: readonly GraphNode[];
  /** Those of its nodes that are read outside, or returned by the function. */
  readonly outputs: readonly GraphNode[];
  /** The region it was called in. */
  readonly parent: Region | null;
}

/** A function as a graph. */
export interface RecordedGraph {
  /** Inputs stand before what is made from them. */
  readonly nodes: readonly GraphNode[];
  /** Every tensor and number among the arguments, used or not. */
  readonly arguments: readonly ArgumentNode[];
  /** The cells that are read or assigned, each once; those of named modules first. */
  readonly states: readonly State[];
  /** The tensors that the function returned: `output`, or their places in what it returned, `loss`, `[0]`. */
  readonly outputs: readonly { readonly name: string; readonly node: GraphNode }[];
  /** What the function returned, with `leaves` in the places of its tensors. */
  readonly rebuild: (leaves: readonly unknown[]) => unknown;
  /**
   * What `backward()` has added to the gradient of a parameter, each time. An exporter for several devices averages these.
   */
  readonly gradients: readonly { readonly state: State; readonly node: GraphNode }[];
  /** The calls of composites and modules that made the nodes, outer ones before inner ones. */
  readonly regions: readonly Region[];
  /** The state of the random generator when the function begins, and how far it moves. */
  readonly random: { readonly seed: number; readonly offset: number; readonly draws: number };
}
