/** @file Vectorization: a function of one example, run on all examples at once. */
import {
  checkArgument,
  defineOptions,
  display,
  passes,
  type Kind,
  plural,
} from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../errors.js';
import { placement } from '../graph/device.js';
import { draws, type Draws } from '../graph/draws.js';
import { isFloat } from '../graph/dtype.js';
import { mode, withMode } from '../graph/mode.js';
import { normalizeDim, show, type Shape } from '../graph/shape.js';
import { Tensor } from '../graph/tensor.js';
import { constant, placeholderOp } from '../graph/version.js';
import { expandNode, reshapeNode } from '../ops/build/broadcast.js';
import { moveDim } from '../ops/shape/movement.js';
import { flatten, isTensor, type Structure, type Tree } from '../tree.js';
import type { Replacement, Rewriting } from './call.js';
import { returnOutputs } from './jvp.js';
import { rewrite } from './rewrite.js';
import type { BatchedArguments, BatchedResult } from '../types/trees.js';
import {
  subgraphBetween,
  withGraphBuilding,
  isOuterDifferentiable,
  variableOp,
} from './variable.js';

/**
 * The dimension of the examples: one for all tensors, or a tree beside a tree of tensors; null for tensors that all
 * examples share.
 */
export type Dims = number | null | readonly Dims[] | { readonly [key: string]: Dims };

const dimsKind: Kind<Dims> = kinds.kind(
  'be a dimension, null, or a tree of them',
  (x) => x === null || kinds.whole.test(x) || (Array.isArray(x) ? true : kinds.object.test(x)),
);

type Randomness = 'same' | 'different' | 'error';

/** Options of `vmap`. */
export interface VmapOptions {
  /** Whether examples draw the same random numbers, each its own, or none. Default `'same'`. */
  readonly randomness?: Randomness | undefined;
}

const readVmap = defineOptions<VmapOptions>({
  randomness: kinds.oneOf('same', 'different', 'error'),
});

/**
 * A function that computes `f` for every example at once. `f` is called a single time, on tensors without the
 * dimension of the examples; what it records is then built again by the batching rules of its operations.
 *
 * `inDims` gives the dimension of the examples in the arguments: a number for all arguments, or a list with an entry
 * for each, which may again be a tree; `null` stands for what all examples share. Default 0. `outDims` gives that
 * dimension in the results. A result that does not depend on the examples is repeated. Random numbers drawn inside
 * `f` are the same for every example unless `randomness` is `'different'`. Nests with itself and every other transform.
 * PyTorch: `torch.vmap`, whose `randomness` is `'error'` by default.
 *
 * @throws {ChainruleError} if `f` reads a value, assigns a cell or calls `backward()`: there is no single value
 * inside; if it draws random numbers where they must not be drawn.
 * @throws {ShapeError} if the arguments have different numbers of examples.
 * @example vmap((x, y) => x.mul(y).sum())(a, b) // [n, k], [n, k] → [n]
 * @example vmap(f, [0, null])(rows, shared)
 * @example vmap((x) => dropout(x), 0, 0, { randomness: 'different' })(rows) // drops other elements in each row
 */
export function vmap<A extends unknown[] = Tensor[], R = unknown, OutDims extends Dims = 0>(
  f: (...args: A) => R,
  inDims?: Dims,
  outDims?: OutDims,
  options?: VmapOptions,
): (...args: BatchedArguments<A>) => BatchedResult<R, OutDims>;
export function vmap(
  f: (...args: unknown[]) => unknown,
  inDims: Dims = 0,
  outDims: Dims = 0,
  options?: VmapOptions,
): (...args: unknown[]) => unknown {
  checkArgument('vmap', 'f', f, kinds.callable);
  if (passes(kinds.object, inDims)) refuseByName('inDims', inDims);
  checkArgument('vmap', 'inDims', inDims, dimsKind);
  checkArgument('vmap', 'outDims', outDims, dimsKind);
  const { randomness = 'same' } = readVmap('vmap', options);
  return (...args) => {
    const { leaves } = flatten(args);
    const dims = dimsForTree('inDims', inDims, args, leaves);
    const size = sizeOfBatch(leaves, dims);
    const since = constant(0, 'float32').id;
    const { structure, results } = mapOverDims(f, args, dims, size, { randomness });
    const outs = results.map(({ node, batched }) =>
      batched ? { sizes: node.sizes, ndim: node.ndim - 1 } : node,
    );
    const outDimList = dimsForTree(
      'outDims',
      outDims,
      structure.rebuild(results.map((r) => r.node)),
      outs,
      1,
    );
    const outputs = withGraphBuilding(mode.grad, () =>
      results.map((r, k) => moveExamples(r, outDimList[k] as number | null, size)),
    );
    // Transforms inside of `f` have made nodes that require grad for their own use.
    const span = subgraphBetween(
      outputs.map((y) => y.current),
      [],
      { since },
    );
    return structure.rebuild(returnOutputs({ open: isOuterDifferentiable(span, []) }, outputs));
  };
}

/**
 * @internal Records `f` for one example and rebuilds it for `size` of them: its results have the examples along dimension 0,
 * or no such dimension if they are the same for all. `dims` has an entry for each tensor of `args`.
 */
export function mapOverDims(
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
  dims: readonly (number | null)[],
  size: number,
  { within, randomness = 'same' }: { within?: Rewriting; randomness?: Randomness } = {},
): { structure: Structure; results: Replacement[] } {
  const { leaves, structure } = flatten(args);
  const replacements: Replacement[] = [];
  const placeholders: Tensor[] = [];
  const traced = leaves.map((leaf, k) => {
    const x = leaf.current;
    const dim = dims[k] as number | null;
    if (dim === null) return x;
    replacements.push({
      node: withGraphBuilding(mode.grad, () => moveDim(x, dim, 0)),
      batched: true,
    });
    const one = placeholder(
      x.sizes.filter((_n, d) => d !== dim),
      x,
    );
    placeholders.push(one);
    return one;
  });
  const result = withDraws(drawsOf(randomness, size, placeholders, replacements), () =>
    withMode('vmap', { tracing: 'vmap', inside: {} }, () =>
      flatten(f(...(structure.rebuild(traced) as never[]))),
    ),
  );
  const outs = result.leaves.map((y) => y.current);
  const results = withGraphBuilding(mode.grad, () =>
    rewrite(outs, placeholders, replacements, size, { within }),
  );
  return { structure: result.structure, results };
}

function withDraws<R>(each: Draws | null, f: () => R): R {
  const outer = draws.each;
  draws.each = each;
  try {
    return f();
  } finally {
    draws.each = outer;
  }
}

/** How `f` draws random numbers: what it draws becomes one more batched tensor. */
function drawsOf(
  randomness: Randomness,
  size: number,
  placeholders: Tensor[],
  replacements: Replacement[],
): Draws | null {
  const outer = draws.each;
  if (randomness === 'same') return outer;
  const { body } = mode;
  return {
    total: size * (outer?.total ?? 1),
    each: (draw) => {
      if (randomness === 'error') {
        throw new ChainruleError(
          "vmap: the function draws random numbers, which randomness: 'error' forbids; 'different' draws them for each " +
            "example, 'same' once for all",
        );
      }
      if (mode.tracing !== 'vmap' || mode.body !== body) {
        throw new ChainruleError(
          `vmap: different random numbers for each example cannot be drawn inside ${mode.body ?? mode.tracing ?? 'a recording'}; draw ` +
            "them before and pass them in, or share them: randomness: 'same'",
        );
      }
      const all = withDraws(outer, () => draw(size));
      if (all.dtype !== 'float64') all.home ??= placement.chosen;
      const one = new Tensor(placeholderOp, [], null, all.sizes.slice(1), all.dtype, false, null);
      placeholders.push(one);
      replacements.push({ node: all, batched: true });
      return variableOp([one]);
    },
  };
}

function placeholder(shape: Shape, like: Tensor): Tensor {
  return new Tensor(placeholderOp, [], null, shape, like.dtype, isFloat(like.dtype), null);
}

/** Moves the dimension of the examples to `dim`. */
function moveExamples({ node, batched }: Replacement, dim: number | null, size: number): Tensor {
  if (dim === null) {
    if (!batched) return node;
    throw new ChainruleError(
      `vmap: a result of shape ${show(node.sizes.slice(1))} differs between examples; its outDims must not be null`,
    );
  }
  const all = batched
    ? node
    : expandNode(reshapeNode(node, [1, ...node.sizes]), [size, ...node.sizes]);
  return moveDim(all, 0, dim);
}

function sizeOfBatch(leaves: readonly Tensor[], dims: readonly (number | null)[]): number {
  let size: number | null = null;
  let from: Tensor | null = null;
  leaves.forEach((x, k) => {
    const dim = dims[k];
    if (dim === null || dim === undefined) return;
    const n = x.sizes[dim] as number;
    if (size !== null && n !== size) {
      throw new ShapeError(
        `vmap: the arguments have different numbers of examples: ${size} in ${show((from as Tensor).sizes)}, ${n} along ` +
          `dimension ${dim} of ${show(x.sizes)}`,
      );
    }
    size = n;
    from = x;
  });
  if (size === null) {
    throw new ChainruleError(
      'vmap: no argument has examples; at least one entry of inDims must be a dimension',
    );
  }
  return size;
}

function refuseByName(name: string, given: unknown): never {
  throw new ChainruleError(
    `vmap: ${name} is given by position, as in vmap(f, inDims, outDims, { randomness }); got ${display(given)}`,
  );
}

/** The dimension for each tensor of `tree`; the tensors have `extra` dimensions fewer than the ones counted. */
function dimsForTree(
  name: 'inDims' | 'outDims',
  dims: Dims,
  tree: Tree,
  leaves: readonly Pick<Tensor, 'sizes' | 'ndim'>[],
  extra = 0,
): (number | null)[] {
  const found: (number | null)[] = [];
  const visit = (spec: Dims | undefined, part: Tree): void => {
    if (spec === null || typeof spec === 'number') {
      for (let n = flatten(part).leaves.length; n > 0; n--) {
        found.push(
          spec === null ? null : checkDim(name, spec, leaves[found.length] as Tensor, extra),
        );
      }
    } else if (
      part instanceof Tensor ||
      typeof spec !== 'object' ||
      typeof part !== 'object' ||
      part === null
    ) {
      if (passes(kinds.object, spec)) refuseByName(name, spec);
      throw new ChainruleError(
        `vmap: ${name} must be a number, null, or a tree of them like the tensors' own; got ${display(spec)} for ` +
          `${isTensor(part) ? `a tensor of shape ${show(part.sizes)}` : display(part)}`,
      );
    } else if (
      Array.isArray(part) !== Array.isArray(spec) ||
      (Array.isArray(spec) && spec.length !== (part as unknown[]).length)
    ) {
      throw new ChainruleError(
        `vmap: ${name} ${Array.isArray(spec) ? `has ${plural(spec.length, 'entry', 'entries')}` : `is ${display(spec)}`} for ` +
          `${Array.isArray(part) ? plural(part.length, name === 'inDims' ? 'argument' : 'result') : 'an object'}` +
          "; it must be a number, null, or a tree of them like the tensors' own",
      );
    } else {
      for (const key of Object.keys(part)) {
        visit((spec as Record<string, Dims>)[key], (part as Record<string, unknown>)[key]);
      }
    }
  };
  visit(dims, tree);
  if (found.length !== leaves.length)
    throw new ChainruleError(`vmap: ${name} does not fit the tensors`);
  return found;
}

function checkDim(name: string, dim: number, x: Pick<Tensor, 'ndim'>, extra: number): number {
  const ndim = x.ndim + extra;
  if (ndim === 0) {
    throw new ShapeError(
      `vmap: ${name} asks for dimension ${dim} of a tensor without dimensions; pass null for what all examples share`,
    );
  }
  return normalizeDim(`vmap (${name})`, dim, ndim);
}
