/** @file Operations that move elements: slices, padding, broadcasting. */
import type { OperationAttributes, OperationNode } from '@chainrule/autograd/graph';
import type { Emitter } from '../emitter.js';
import { BEFORE_START, CODE, TO_END } from '../encoded.js';
import { refuse } from '../refuse.js';
import type { Recorded } from './rule.js';
import { shapeFor } from '../shapes.js';
import { isFixed, type Size } from '../sizes.js';

export function expand(e: Emitter, { node, inputs }: Recorded<'expand'>): string {
  return e.node('Expand', [inputs[0] as string, e.sizes(e.shape(node), node)]);
}

/** A number, or a vector of one for a number that depends on sizes. */
type Place = number | string;

/** The start and end of a slice along one dimension; null if it is the whole dimension. */
function bounds(
  e: Emitter,
  node: OperationNode,
  starts: Size,
  sizes: Size,
  steps: Size,
  whole: Size,
): readonly [start: Place, end: Place] | null {
  const n = starts.length;
  const at = (f: (i: number) => boolean): boolean =>
    Array.from({ length: n }, (_, i) => i).every(f);
  if (at((i) => steps[i] === 1 && starts[i] === 0 && sizes[i] === whole[i])) return null;
  const place = (what: string, places: Size): Place => {
    const fromEnd = places.map((x, i) => x - (whole[i] as number));
    const fixed = isFixed(places) ? (places[0] as number) : fixedOf(fromEnd);
    return fixed ?? e.size(places) ?? refuse(node, `its ${what} depends on a dynamic dimension`);
  };
  const start = place('start', starts);
  // One step after the last element.
  const ends = starts.map((s, i) => s + (sizes[i] as number) * (steps[i] as number));
  const step = steps[0] as number;
  if (step > 0 && at((i) => (ends[i] as number) >= (whole[i] as number))) return [start, TO_END];
  if (step < 0 && at((i) => (ends[i] as number) < 0)) return [start, BEFORE_START];
  return [start, place('end', ends)];
}

/** The values as one number, if they are equal and negative, so that they count from the end. */
function fixedOf(values: readonly number[]): number | null {
  return isFixed(values) && (values[0] as number) < 0 ? (values[0] as number) : null;
}

/** All of them as one vector. */
function vector(e: Emitter, parts: readonly Place[]): string {
  if (parts.every((x) => typeof x === 'number')) return e.ints(parts);
  const each = parts.map((x) => (typeof x === 'number' ? e.ints([x]) : x));
  return each.length === 1 ? (each[0] as string) : e.node('Concat', each, { axis: 0 });
}

export function slice(e: Emitter, { node, inputs, all }: Recorded<'slice'>): string {
  const whole = e.shape(node.inputs[0] as OperationNode);
  const chosen = whole.flatMap((sizes, d) => {
    const of = (read: (a: OperationAttributes['slice']) => readonly number[]): number[] =>
      all.map((a) => read(a)[d] as number);
    const steps = of((a) => a.step);
    const step = isFixed(steps) ? (steps[0] as number) : e.size(steps);
    if (step === null) return refuse(node, 'its step depends on a dynamic dimension');
    const range = bounds(
      e,
      node,
      of((a) => a.start),
      of((a) => a.size),
      steps,
      sizes,
    );
    return range === null ? [] : [{ d, step, start: range[0], end: range[1] }];
  });
  if (chosen.length === 0) return e.node('Identity', [inputs[0] as string]);
  return e.node('Slice', [
    inputs[0] as string,
    vector(
      e,
      chosen.map((c) => c.start),
    ),
    vector(
      e,
      chosen.map((c) => c.end),
    ),
    e.ints(chosen.map((c) => c.d)),
    vector(
      e,
      chosen.map((c) => c.step),
    ),
  ]);
}

/** Puts `step − 1` gaps between the elements of one dimension, and reverses them if the step is negative. */
function apart(
  e: Emitter,
  node: OperationNode,
  [x, sizes]: readonly [string, readonly Size[]],
  { d, step, filling }: { readonly d: number; readonly step: number; readonly filling: string },
): [string, readonly Size[]] {
  const [dim, one] = [e.ints([d]), e.ints([d + 1])];
  const turned =
    step > 0 ? x : e.node('Slice', [x, e.ints([-1]), e.ints([BEFORE_START]), dim, e.ints([-1])]);
  const gap = Math.abs(step) - 1;
  if (gap === 0) return [turned, sizes];
  // Each element gets a dimension of its own, which is padded and then joined; the gap after the last element is cut off.
  const pads = Array<number>(2 * (sizes.length + 1)).fill(0);
  pads[sizes.length + 1 + d + 1] = gap;
  const wide = e.node('Pad', [e.node('Unsqueeze', [turned, one]), e.ints(pads), filling]);
  const joined = sizes.map((size, k) => (k === d ? size.map((n) => n * (gap + 1)) : size));
  const flat = e.node('Reshape', [wide, shapeFor(e, node, joined)]);
  const y = e.node('Slice', [flat, e.ints([0]), e.ints([-gap]), dim]);
  return [y, joined.map((size, k) => (k === d ? size.map((n) => n - gap) : size))];
}

export function pad(e: Emitter, { node, inputs, all }: Recorded<'pad'>): string {
  const isBool = node.dtype === 'bool';
  const cast = (x: string): string => (isBool ? e.node('Cast', [x], { to: CODE.int32 }) : x);
  // The padding value is one element of any shape.
  const filling = e.node('Reshape', [cast(inputs[1] as string), e.ints([])]);
  const { step: steps } = all[0] as OperationAttributes['pad'];
  const [x, sizes] = steps.reduce(
    (made, step, d) => (step === 1 ? made : apart(e, node, made, { d, step, filling })),
    [cast(inputs[0] as string), e.shape(node.inputs[0] as OperationNode)] as [
      string,
      readonly Size[],
    ],
  );
  // Reversed, the first element is the last one.
  const low = sizes.map((size, d) =>
    all.map(({ start, step }, i) =>
      (step[d] as number) > 0
        ? (start[d] as number)
        : (start[d] as number) - ((size[i] as number) - 1),
    ),
  );
  const high = sizes.map((size, d) =>
    all.map((a, i) => (a.shape[d] as number) - (low[d]?.[i] as number) - (size[i] as number)),
  );
  const pads = [...low, ...high].map((amounts): Place => {
    if (isFixed(amounts)) return amounts[0] as number;
    return e.size(amounts) ?? refuse(node, 'its padding depends on a dynamic dimension');
  });
  const y = pads.every((n) => n === 0) ? x : e.node('Pad', [x, vector(e, pads), filling]);
  return isBool ? e.node('Cast', [y], { to: CODE.bool }) : y;
}
