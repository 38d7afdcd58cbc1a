/** @file The ONNX graph while it is written: its nodes, its weights, and sizes that are known only when it runs. */
import type { DType, TypedArray } from '@chainrule/autograd';
import type { GraphNode } from '@chainrule/autograd/graph';
import { ATTRIBUTE } from '../schema/onnx.js';
import type { AttributeProto, GraphProto, NodeProto, TensorProto } from '../schema/protos.js';
import { attributeOf, bytesOf, CODE, INT64, tensorProto, type AttributeValue } from './encoded.js';
import { GraphScope, type GraphEnds } from './graphScope.js';
import { refuse } from './refuse.js';
import { isFixed, relationOf, type Line, type Relation, type Size, type Source } from './sizes.js';

export class Emitter {
  readonly initializers: TensorProto[] = [];
  readonly opset: number;
  private readonly names = new Map<GraphNode, string>();
  private readonly usedNames = new Set<string>();
  private readonly root = new GraphScope(null);
  /** The graph that is being written. */
  private scope = this.root;
  private readonly shapesOf: (node: GraphNode) => readonly Size[];
  private readonly leaf: (node: GraphNode, emitter: Emitter) => string;
  /** The path of the module whose nodes are being written. */
  path = '';

  constructor(
    opset: number,
    shapesOf: (node: GraphNode) => readonly Size[],
    leaf: (node: GraphNode, emitter: Emitter) => string,
  ) {
    this.opset = opset;
    this.shapesOf = shapesOf;
    this.leaf = leaf;
  }

  /** The nodes of the graph that is being written. */
  get nodes(): NodeProto[] {
    return this.scope.nodes;
  }

  /** A graph for an attribute: the nodes that `write` writes become part of it. */
  graph(name: string, write: () => GraphEnds): GraphProto {
    const outer = this.scope;
    this.scope = new GraphScope(outer);
    try {
      const { input, output } = write();
      const { nodes } = this;
      return {
        name: this.fresh(name),
        node: nodes,
        initializer: [],
        sparseInitializer: [],
        input: [...input],
        output: [...output],
        valueInfo: [],
      };
    } finally {
      this.scope = outer;
    }
  }

  /** Gives a value another name, by an `Identity` node. */
  rename(from: string, to: string): string {
    this.nodes.push({ name: to, opType: 'Identity', input: [from], output: [to], attribute: [] });
    return to;
  }

  /** The name of a node's value; a leaf is written first. */
  value(node: GraphNode): string {
    let name = this.names.get(node);
    if (name === undefined) {
      name = this.leaf(node, this);
      this.names.set(node, name);
    }
    return name;
  }

  /** Sets the name of a node's value; its sizes can be read from it. */
  define(node: GraphNode, name: string): void {
    this.names.set(node, name);
    this.shape(node).forEach((size, dim) => {
      const key = size.join();
      if (!isFixed(size) && this.scope.find(({ sources }) => sources.get(key)) === undefined)
        this.scope.sources.set(key, { size, name, dim });
    });
  }

  isDefined(node: GraphNode): boolean {
    return this.names.has(node);
  }

  /** An unused name. */
  fresh(base: string): string {
    let name = base;
    for (let k = 1; this.usedNames.has(name); k++) name = `${base}_${k}`;
    this.usedNames.add(name);
    return name;
  }

  /** The sizes of a node in each recording. */
  shape(node: GraphNode): readonly Size[] {
    return this.shapesOf(node);
  }

  /** A node of one output. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    return this.outputs(op, inputs, 1, attributes)[0] as string;
  }

  /** A node of several outputs. */
  outputs(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string[] {
    const prefix = this.path === '' ? op : `${this.path}/${op}`;
    const output = Array.from({ length: count }, () => this.fresh(prefix));
    this.nodes.push({
      name: output[0],
      opType: op,
      input: [...inputs],
      output,
      attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
    });
    return output;
  }

  /** A weight under its own name. */
  weight(
    name: string,
    shape: readonly number[],
    elementType: number,
    data: ArrayBufferView,
  ): string {
    const own = this.fresh(name);
    this.initializers.push(tensorProto(own, shape, elementType, bytesOf(data)));
    return own;
  }

  /** Writes to the main graph, where all graphs see it. */
  inMain<T>(write: () => T): T {
    const { scope } = this;
    this.scope = this.root;
    try {
      return write();
    } finally {
      this.scope = scope;
    }
  }

  /** A constant tensor. */
  constant(shape: readonly number[], dtype: DType, data: TypedArray): string {
    const name = this.fresh('constant');
    const t = tensorProto('', shape, CODE[dtype], bytesOf(data));
    const value: AttributeProto = { ...attributeOf('value', 0), type: ATTRIBUTE.tensor, t };
    delete value.i;
    this.nodes.push({ name, opType: 'Constant', input: [], output: [name], attribute: [value] });
    return name;
  }

  /** A number of a dtype, without dimensions. */
  number(x: number, dtype: DType): string {
    const data = {
      float32: Float32Array,
      float64: Float64Array,
      int32: Int32Array,
      bool: Uint8Array,
    };
    return this.onceForAll(`${dtype} ${Object.is(x, -0) ? '-0' : x}`, () => {
      const name = this.fresh(`number_${x}`);
      this.initializers.push(tensorProto(name, [], CODE[dtype], bytesOf(data[dtype].of(x))));
      return name;
    });
  }

  /** A vector of int64. */
  ints(values: readonly number[]): string {
    return this.onceForAll(`ints ${values.join()}`, () => {
      const name = this.fresh(`ints_${values.join('_')}`.slice(0, 40));
      const data = BigInt64Array.from(values, (x) => BigInt(x));
      this.initializers.push(tensorProto(name, [values.length], INT64, bytesOf(data)));
      return name;
    });
  }

  /** A size as a vector of one int64; null if it does not follow from a size of a value. */
  size(size: Size): string | null {
    if (isFixed(size)) return this.ints([size[0] as number]);
    const relation = this.relation(size);
    return (
      relation &&
      this.once(`size ${size.join()}`, () => {
        const product = this.product(relation);
        return this.line(product, relation, (x) => this.ints([x]));
      })
    );
  }

  /** How a number follows from sizes that can be read; see `relationOf`. */
  relation(to: Size, holds?: (found: number, i: number) => boolean): Relation | null {
    return relationOf(to, this.scope.all(), holds);
  }

  /** The product of the sizes of a relation, as a vector of one int64. */
  product({ factors }: Relation): string {
    const [first, second] = factors.map((source) => this.read(source)) as [string, string?];
    return second === undefined ? first : this.node('Mul', [first, second]);
  }

  /** `scale · x + shift`; `constant` writes a number of the type of `x`. */
  line(x: string, { scale, shift }: Line, constant: (x: number) => string): string {
    const scaled = scale === 1 ? x : this.node('Mul', [x, constant(scale)]);
    return shift === 0 ? scaled : this.node('Add', [scaled, constant(shift)]);
  }

  private read({ name, dim }: Source): string {
    return this.once(`size ${name} ${dim}`, () => {
      const shape = this.once(`shape ${name}`, () => this.node('Shape', [name]));
      return this.node('Gather', [shape, this.ints([dim])], { axis: 0 });
    });
  }

  /** A shape as a vector of int64. @throws {ChainruleError} for a size that does not follow from a size of a value. */
  sizes(sizes: readonly Size[], of: GraphNode): string {
    if (sizes.every(isFixed)) return this.ints(sizes.map((size) => size[0] as number));
    const parts = sizes.map(
      (size) =>
        this.size(size) ??
        refuse(
          of,
          `a size (${[...new Set(size)].join(', ')}) depends on a dynamic dimension in a way that no input does`,
        ),
    );
    return this.node('Concat', parts, { axis: 0 });
  }

  /** Writes what `make` writes once per graph; graphs inside it reuse the result. */
  once(key: string, make: () => string): string {
    const found = this.scope.find(({ shared }) => shared.get(key));
    if (found !== undefined) return found;
    const { path } = this;
    this.path = '';
    const name = make();
    this.path = path;
    this.scope.shared.set(key, name);
    return name;
  }

  /** Writes a weight once, in the main graph, where all graphs see it. */
  private onceForAll(key: string, make: () => string): string {
    const name = this.root.shared.get(key) ?? make();
    this.root.shared.set(key, name);
    return name;
  }
}
