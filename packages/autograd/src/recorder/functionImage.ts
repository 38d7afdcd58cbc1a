/** @file A function as an image: its program for one signature as data, with its inputs and outputs. */
import { ChainruleError } from '../errors.js';
import { imageOf, type Image, type ImageTools } from '../backends/wasm/image/image.js';
import { madeAt } from '../engine/userLine.js';
import { recompute } from '../engine/recording/capture.js';
import { record } from '../engine/recording/record.js';
import { argumentLeaves } from '../engine/recording/signature.js';
import type { Cell } from '../graph/cells/cell.js';
import type { TypedArray } from '../graph/dtype.js';
import { mode, withMode } from '../graph/mode.js';
import type { Shape } from '../graph/shape.js';
import { valueOf } from '../graph/values/reading.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { isTensor, mapTree, type Structure } from '../tree.js';

/** The source of an input of an image. */
export type ImageInput =
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'seed' }
  /** An offset of the random generator, relative to its offset at the call. */
  | { readonly kind: 'offset'; readonly relative: number }
  | { readonly kind: 'constant'; readonly value: TypedArray; readonly isNumber: boolean };

/** A function for one signature of its arguments. */
export interface FunctionImage {
  readonly image: Image;
  readonly inputs: readonly ImageInput[];
  /** The cells that are assigned: the first outputs, in order; after them come those of the results. */
  readonly assigned: readonly Cell[];
  /** The shape of each output: the image may hold the same elements in another shape. */
  readonly shapes: readonly Shape[];
  readonly structure: Structure;
  /** How far a call moves the random generator. */
  readonly draws: number;
}

/**
 * Calls `f` once and makes an image of what it computes. All `args` are tensors, whose shapes and dtypes alone matter.
 * Gradients are not outputs. With `lines`, errors name the line that made the operation.
 *
 * @throws {ChainruleError} if `f` reads a value, or uses an operation without a kernel.
 */
export function imageOfFunction(
  f: (...args: Tensor[]) => unknown,
  args: readonly Tensor[],
  tools: Pick<ImageTools, 'forms' | 'isPlain'>,
  caller: string,
  lines = true,
): FunctionImage {
  const given = args.map((x) => makeLeaf(valueOf(x, caller), x.sizes, x.dtype));
  let shapes: Shape[] = [];
  // Results are nodes of their own, even if they are unchanged arguments.
  const traced = (...xs: unknown[]): unknown =>
    withMode(caller, { debug: lines ? 1 : mode.debug }, () => {
      shapes = [];
      return mapTree(f(...(xs as Tensor[])), (y) => {
        if (!isTensor(y)) return y;
        shapes.push(y.sizes);
        return recompute(y.current);
      });
    });
  const limit = Error.stackTraceLimit;
  if (lines) Error.stackTraceLimit = 64;
  const made = ((): ReturnType<typeof record> => {
    try {
      return record(traced, given, argumentLeaves(given), new Set(), caller);
    } finally {
      Error.stackTraceLimit = limit;
    }
  })();
  const read = new Set(made.sources.flatMap((s) => (s.kind === 'cell' ? [s.cell] : [])));
  const gradients = new Set(
    made.gradients.flatMap((g) => (g.kind === 'leaf' && g.cell !== null ? [g.cell] : [])),
  );
  const program = made.plan.program();
  const assigned = made.cells.flatMap((cell, k) =>
    gradients.has(cell) && !read.has(cell) ? [] : [k],
  );
  const results = made.results.map((result) => {
    if (result.kind === 'root') return result.root;
    throw new ChainruleError(`${caller}: the function returns a tensor that it has not computed`);
  });
  const outputs = [...assigned, ...results].map((k) => program.outputs[k] as number);
  const leaves = argumentLeaves(given);
  const refuse = (op: string, origin: number): ChainruleError => {
    const node = made.nodes[origin];
    const line = node === undefined ? '' : madeAt(node);
    const place = node === undefined || node.scope === '' ? '' : ` in ${node.scope}`;
    return new ChainruleError(
      `${caller}: ${op} needs the framework` +
        `${place}${line === '' ? '' : `, made ${line}`}; compute it outside the function`,
    );
  };
  const image = imageOf({ ...program, outputs }, { ...tools, refuse });
  return {
    image,
    inputs: made.sources.map((source, k): ImageInput => {
      const leaf = made.leaves[k] as Tensor;
      switch (source.kind) {
        case 'argument':
          return {
            kind: 'argument',
            index: given.indexOf(leaves[source.index] as (typeof given)[number]),
          };
        case 'cell':
        case 'seed':
        case 'offset':
          return source;
        default:
          return {
            kind: 'constant',
            value: made.inputs[k] as TypedArray,
            isNumber: leaf.op !== null && leaf.value === null,
          };
      }
    }),
    assigned: assigned.map((k) => made.cells[k] as Cell),
    shapes: [...assigned.map((k) => (made.cells[k] as Cell).sizes), ...shapes],
    structure: made.structure,
    draws: made.draws,
  };
}
