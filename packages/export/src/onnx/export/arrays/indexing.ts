/** @file Elements by index: scattering, adding, counting. */
import type { OperationNode } from '@chainrule/autograd/graph';
import type { Emitter } from '../emitter.js';
import { refuse } from '../refuse.js';
import { int32, type Recorded, type Rule } from './rule.js';
import { isFixed, type Size } from '../sizes.js';

export function scatter(reduction: string): Rule<'scatter' | 'scatterAdd' | 'scatterProd'> {
  return (e, { inputs, attributes: { dim } }) =>
    e.node(
      'ScatterElements',
      inputs,
      reduction === 'none' ? { axis: dim } : { axis: dim, reduction },
    );
}

/** The shape of a value as a vector, with -1 for one dimension. */
function alongWith(e: Emitter, node: OperationNode, sizes: readonly Size[], dim: number): string {
  const parts = sizes.map((size, d) =>
    d === dim
      ? e.ints([-1])
      : (e.size(size) ?? refuse(node, 'its size depends on a dynamic dimension')),
  );
  return e.node('Concat', parts, { axis: 0 });
}

/** Adds slices at indices along a dimension: the indices are broadcast over the slices. */
export function indexAdd(
  e: Emitter,
  { node, inputs, attributes: { dim } }: Recorded<'indexAdd'>,
): string {
  const [x, index, source] = inputs as [string, string, string];
  const from = node.inputs[2] as OperationNode;
  const places = node.inputs[1] as OperationNode;
  const around = [
    ...Array<number>(dim).fill(1),
    ...Array<number>(node.shape.length - dim - 1).fill(1),
  ];
  const spread = [...around.slice(0, dim), ...places.shape, ...around.slice(dim)];
  const sizes = e.shape(places);
  const column = sizes.every(isFixed)
    ? e.node('Reshape', [index, e.ints(spread)])
    : e.node('Unsqueeze', [
        index,
        e.ints(spread.flatMap((_, d) => (d < dim || d >= dim + sizes.length ? [d] : []))),
      ]);
  const each = e.node('Expand', [column, e.sizes(e.shape(from), node)]);
  const result = e.shape(node);
  const flat = (name: string): string =>
    sizes.length === 1 ? name : e.node('Reshape', [name, alongWith(e, node, result, dim)]);
  return e.node('ScatterElements', [x, flat(each), flat(source)], { axis: dim, reduction: 'add' });
}

/** By comparison with all classes, as runtimes support `OneHot` for few types. */
export function oneHot(e: Emitter, { inputs, attributes: { count } }: Recorded<'oneHot'>): string {
  const classes = e.constant(
    [count],
    'int32',
    Int32Array.from({ length: count }, (_, i) => i),
  );
  const column = e.node('Unsqueeze', [inputs[0] as string, e.ints([-1])]);
  return int32(e, e.node('Equal', [column, classes]));
}

export function iota(e: Emitter, { node }: Recorded<'iota'>): string {
  return counted(e, node, e.shape(node)[0] as Size);
}

/** `0, 1, 2 …`, as many as a size. */
export function counted(e: Emitter, node: OperationNode, size: Size): string {
  const n = e.size(size) ?? refuse(node, 'its size depends on a dynamic dimension');
  const scalar = e.node('Squeeze', [int32(e, n)]);
  return e.node('Range', [e.number(0, 'int32'), scalar, e.number(1, 'int32')]);
}
