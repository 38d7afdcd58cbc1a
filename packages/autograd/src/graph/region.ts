/**
 * @file Regions: the operations that one call of a composite made, noted while a graph is recorded for an exporter.
 *
 * Node ids grow, and calls run one after another, so a region is a range of ids. When nobody records, a composite pays for
 * this with one comparison.
 */
import { checkArgument } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { mode, recording } from './mode.js';
import { newestId } from './tensor.js';

/** @internal A call of a composite: the nodes after `after` up to `last`. */
export interface RecordedRegion {
  readonly name: string;
  readonly path: string;
  readonly after: number;
  last: number;
  /** The arguments of the call. */
  readonly args: readonly unknown[];
  readonly attributes: Readonly<Record<string, unknown>>;
  result: unknown;
  /** The index of the region that contains the call; −1 for none. */
  readonly parent: number;
}

/** @internal The index of the innermost region whose call has not returned yet. */
let openRegion = -1;

/**
 * Marks all that `f` builds as one operation, `name` of `args`, for exporters: one that knows the operation writes it
 * as one, any other writes the operations inside. `attributes` are what configures it beyond its arguments. Composites
 * of the library are marked, and so are modules by their class; mark what your own exporter knows. Nothing else
 * changes. See `@chainrule/autograd/graph`.
 * @example const swish = (x: Tensor) => region('swish', [x], () => x.mul(x.sigmoid()));
 */
export function region<R>(
  name: string,
  args: readonly unknown[],
  f: () => R,
  attributes: () => Readonly<Record<string, unknown>> = noAttributes,
): R {
  checkArgument('region', 'f', f, kinds.callable);
  const { regions } = recording;
  if (regions === null) return f();
  checkArgument('region', 'name', name, kinds.text);
  const recorded: RecordedRegion = {
    name,
    path: mode.scope,
    after: newestId(),
    last: 0,
    args,
    attributes: attributes(),
    result: undefined,
    parent: openRegion,
  };
  const outer = openRegion;
  openRegion = regions.push(recorded) - 1;
  try {
    recorded.result = f();
    return recorded.result as R;
  } finally {
    recorded.last = newestId();
    openRegion = outer;
  }
}

function noAttributes(): Readonly<Record<string, unknown>> {
  return {};
}
