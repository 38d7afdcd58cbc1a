/** @file The reference kernel of element-wise primitives: a scalar function over broadcast inputs. */
import type { Scalar } from '../../graph/lowering.js';
import type { Value } from '../../graph/primitive.js';
import { broadcastStrides, sameShape } from '../../graph/shape.js';
import { walk } from './broadcast.js';

/** Fills `out` with `f` of the inputs' elements, broadcast. */
export function mapElements(f: Scalar, inputs: readonly Value[], out: Value): void {
  const y = out.data;
  if (out.dtype === 'bool') {
    // A byte holds 0 or 1, whatever the arithmetic returns: true + true is true.
    const given = f;
    f = (x, y, z) => (given(x, y, z) !== 0 ? 1 : 0);
  }
  const [a, b, c] = inputs as readonly [Value, Value | undefined, Value | undefined];
  const same = inputs.every((x) => sameShape(x.shape, out.shape));
  if (b === undefined) {
    const x = a.data;
    for (let i = 0; i < y.length; i++) y[i] = f(x[i]!, 0, 0);
  } else if (c !== undefined) {
    const [x0, x1, x2] = [a, b, c].map((x) => spread(x, out)) as [
      Value['data'],
      Value['data'],
      Value['data'],
    ];
    for (let i = 0; i < y.length; i++) y[i] = f(x0[i]!, x1[i]!, x2[i]!);
  } else if (same) {
    const [x0, x1] = [a.data, b.data];
    for (let i = 0; i < y.length; i++) y[i] = f(x0[i]!, x1[i]!, 0);
  } else if (b.data.length === 1 && sameShape(a.shape, out.shape)) {
    const [x0, x1] = [a.data, b.data[0]!];
    for (let i = 0; i < y.length; i++) y[i] = f(x0[i]!, x1, 0);
  } else {
    const [x0, x1] = [spread(a, out), spread(b, out)];
    for (let i = 0; i < y.length; i++) y[i] = f(x0[i]!, x1[i]!, 0);
  }
}

/** The elements of `x` repeated to the shape of `out`. */
function spread(x: Value, out: Value): Value['data'] {
  if (sameShape(x.shape, out.shape)) return x.data;
  const y = x.data.slice(0, 0).constructor as unknown as new (n: number) => Value['data'];
  const result = new y(out.data.length);
  if (x.data.length === 1) return result.fill(x.data[0]!);
  walk(out.shape, broadcastStrides(x.shape, out.shape), (i, at) => {
    result[i] = x.data[at]!;
  });
  return result;
}
