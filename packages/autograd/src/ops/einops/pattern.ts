/**
 * @file Patterns of axes, `'b c (h p) -> b (c p) h'` (A. Rogozhnikov, "Einops: clear and reliable tensor manipulations with
 * Einstein-like notation", 2022): parsed, and matched with a shape.
 */
import { checkArgument, display } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { show, sizeOf, type Shape } from '../../graph/shape.js';

/** One dimension: the axes that make it up, the last varying fastest; empty for a dimension of 1. */
type Group = readonly string[];

/** A dimension as written in a pattern: an ellipsis stands for several, unless it is in parentheses. */
interface Written {
  readonly axes: string[];
  readonly joined: boolean;
}

/** The sizes of axes by name. */
export type AxisSizes = Readonly<Record<string, number>>;

/** The plan of a pattern: the elementary axes of the tensor and of the result, and the shape that they are merged into. */
export interface Plan {
  /** The axes of the tensor, and their sizes. */
  readonly from: readonly string[];
  readonly sizes: ReadonlyMap<string, number>;
  /** The axes of the result in order. */
  readonly to: readonly string[];
  readonly shape: Shape;
}

const NAME = /^[A-Za-z_]\w*$/;
const ELLIPSIS = '…';

/** Parses a pattern for a tensor of this shape. With `added`, the result may have axes that the tensor does not have. */
export function planOf(
  op: string,
  pattern: string,
  shape: Shape,
  given: AxisSizes,
  added: boolean,
): Plan {
  const refuse = (why: string): never => {
    throw new ChainruleError(`${op}: the pattern ${display(pattern)} ${why}`);
  };
  checkArgument(op, 'pattern', pattern, kinds.text);
  const sides = pattern.split('->');
  if (sides.length !== 2) refuse("must have one arrow: 'b c h w -> b (c h w)'");
  const [left, right] = sides.map((side) => groupsOf(side, refuse)) as [Written[], Written[]];
  const several = ({ axes, joined }: Written): boolean => axes[0] === ELLIPSIS && !joined;
  const named = left.flatMap(({ axes }) => axes);
  if (left.some(({ axes, joined }) => joined && axes.includes(ELLIPSIS)))
    refuse('may have … in parentheses only on the right');
  if (!named.includes(ELLIPSIS) && right.some(({ axes }) => axes.includes(ELLIPSIS)))
    refuse('has … only on the right');
  const rest = shape.length - left.filter((dimension) => !several(dimension)).length;
  const fits = named.includes(ELLIPSIS) ? rest >= 0 : rest === 0;
  if (!fits) {
    throw new ShapeError(
      `${op}: the pattern ${display(pattern)} is for ${shape.length - rest} dimensions, the tensor has shape ${show(shape)}`,
    );
  }
  const others = Array.from({ length: Math.max(0, rest) }, (_, i) => `${ELLIPSIS}${i}`);
  const spread = (dimensions: readonly Written[]): Group[] =>
    dimensions.flatMap((dimension): readonly Group[] =>
      several(dimension)
        ? others.map((axis) => [axis])
        : [dimension.axes.flatMap((axis) => (axis === ELLIPSIS ? others : [axis]))],
    );
  const [before, after] = [spread(left), spread(right)];
  const sizes = sizesOf(op, pattern, before, shape, given);
  const [from, to] = [before.flat(), after.flat()];
  for (const axes of [from, to]) {
    const twice = axes.find((axis, i) => axes.indexOf(axis) !== i);
    if (twice !== undefined) refuse(`names ${twice} twice on one side`);
  }
  for (const axis of to) {
    if (sizes.has(axis)) continue;
    const size = /^\d+#/.test(axis) ? parseInt(axis, 10) : given[axis];
    if (!added) refuse(`has ${axis.replace(/#.*/, '')} on the right, but not on the left`);
    if (size === undefined) refuse(`needs the size of ${axis}: { ${axis}: … }`);
    sizes.set(axis, checkSize(op, axis, size as number));
  }
  for (const axis of Object.keys(given))
    if (!sizes.has(axis)) refuse(`has no axis ${axis}, but a size is given for it`);
  const sizeOfAxis = (axis: string): number => sizes.get(axis) as number;
  return { from, sizes, to, shape: after.map((group) => sizeOf(group.map(sizeOfAxis))) };
}

/** The dimensions of one side. Numbers other than 1 become axes of their own. */
function groupsOf(side: string, refuse: (why: string) => never): Written[] {
  const dimensions: Written[] = [];
  let open: Written | null = null;
  let numbered = 0;
  for (const token of side.replaceAll('...', ELLIPSIS).match(/[()]|[^\s()]+/g) ?? []) {
    if (token === '(') {
      if (open !== null) refuse('has parentheses in parentheses');
      dimensions.push((open = { axes: [], joined: true }));
    } else if (token === ')') {
      if (open === null) refuse('closes a parenthesis that is not open');
      open = null;
    } else {
      if (token !== ELLIPSIS && !NAME.test(token) && !/^\d+$/.test(token))
        refuse(`has '${token}', which is not the name of an axis`);
      const axes = token === '1' ? [] : /^\d+$/.test(token) ? [`${token}#${numbered++}`] : [token];
      if (open === null) dimensions.push({ axes, joined: false });
      else open.axes.push(...axes);
    }
  }
  if (open !== null) refuse('leaves a parenthesis open');
  return dimensions;
}

/** The sizes of all axes on the left: in each dimension one of them may be inferred. */
function sizesOf(
  op: string,
  pattern: string,
  groups: readonly Group[],
  shape: Shape,
  given: AxisSizes,
): Map<string, number> {
  const sizes = new Map<string, number>();
  groups.forEach((group, d) => {
    const n = shape[d] as number;
    const refuse = (why: string): never => {
      throw new ShapeError(
        `${op}: dimension ${d} of ${show(shape)} is ${n}, but the pattern ${display(pattern)} has ${why}`,
      );
    };
    const open = group.filter((axis) => given[axis] === undefined && !/^\d+#/.test(axis));
    if (open.length > 1)
      refuse(`${open.join(' and ')} there, at least ${open.length - 1} of which need a size`);
    let known = 1;
    for (const axis of group) {
      if (open.includes(axis)) continue;
      const size = /^\d+#/.test(axis) ? parseInt(axis, 10) : (given[axis] as number);
      sizes.set(axis, checkSize(op, axis, size));
      known *= size;
    }
    const [axis] = open;
    if (axis === undefined) {
      if (known !== n)
        refuse(
          group.length === 0 ? '1 there' : `${known} there, the product of ${group.join(', ')}`,
        );
    } else {
      if (known === 0 ? n !== 0 : n % known !== 0)
        refuse(`(${group.join(' ')}) there, and ${n} does not divide by ${known}`);
      sizes.set(axis, known === 0 ? 0 : n / known);
    }
  });
  return sizes;
}

function checkSize(op: string, axis: string, size: number): number {
  if (Number.isInteger(size) && size >= 0) return size;
  throw new ShapeError(
    `${op}: the size of ${axis} must be a whole number ≥ 0, got ${display(size)}`,
  );
}
