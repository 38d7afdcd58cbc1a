/** @file Jacobians, Hessians and their products with a vector, written with the other transforms. */
import { checkArgument, refuseSurplus } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ShapeError } from '../errors.js';
import { allocate, isFloat } from '../graph/dtype.js';
import { checkSize, sameShape } from '../graph/shape.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { mode } from '../graph/mode.js';
import { reshapeNode } from '../ops/build/broadcast.js';
import { moveDim } from '../ops/shape/movement.js';
import { zerosOf } from '../ops/build/primitive.js';
import { flatten } from '../tree.js';
import type { Argnums, Cotangents, GradientOf } from '../types/trees.js';
import { checkFunction, selectArguments, pullbackCotangents, valueAndGrad } from './functional.js';
import { returnOutputs, jvp, pushforward, recordFunction } from './jvp.js';
import { withGraphBuilding } from './variable.js';
import { vmap } from './vmap.js';

type Args = readonly unknown[];

/**
 * A function that computes the Jacobian of `f` by reverse mode: one pullback for each element of the result, all at
 * once.
 *
 * For `f: [...m] → [...n]` it has shape `[...n, ...m]`. If the argument or the result is a tree, the Jacobian is the
 * tree of the result, with the tree of the argument in place of each tensor; with several `argnums` it is a list of
 * such trees. Best if the result has fewer elements than the argument. PyTorch: `torch.func.jacrev`.
 * @example jacrev((x) => x.square())(tensor([1, 2])) // [[2, 0], [0, 4]]
 */
export function jacrev<A extends Args = Tensor[]>(
  f: (...args: A) => unknown,
  argnums?: Argnums,
): (...args: A) => Tensor;
export function jacrev<A extends Args>(
  f: (...args: A) => unknown,
  argnums: Argnums = 0,
  surplus?: unknown,
): (...args: A) => Tensor {
  refuseSurplus('jacrev', surplus);
  checkFunction('jacrev', f, argnums);
  return (...args) => {
    const { chosen, call, single } = selectArguments('jacrev', f, args, argnums);
    const recorded = recordFunction((...xs: unknown[]) => call(xs), chosen);
    const { outputs, variables, structure, open } = recorded;
    const rows = outputs.map((y, k) => {
      const wrt = floatOf('jacrev', y);
      const all = vmap((ct: Tensor) =>
        pullbackCotangents(
          { outputs, variables, open },
          outputs.map((_y, j) => (j === k ? ct : null)),
        ),
      )(unitVectors('jacrev', wrt));
      return asArguments(
        chosen,
        single,
        returnOutputs(
          recorded,
          all.map((g, i) => reshapeNode(g, [...y.sizes, ...(variables[i] as Tensor).sizes])),
        ),
      );
    });
    return structure.rebuild(rows) as Tensor;
  };
}

/**
 * A function that computes the Jacobian of `f` by forward mode: one tangent for each element of the argument, all at
 * once. Shapes are those of `jacrev`. Best if the argument has fewer elements than the result. PyTorch:
 * `torch.func.jacfwd`.
 * @example jacfwd((x) => x.square())(tensor([1, 2])) // [[2, 0], [0, 4]]
 */
export function jacfwd<A extends Args = Tensor[]>(
  f: (...args: A) => unknown,
  argnums?: Argnums,
): (...args: A) => Tensor;
export function jacfwd<A extends Args>(
  f: (...args: A) => unknown,
  argnums: Argnums = 0,
  surplus?: unknown,
): (...args: A) => Tensor {
  refuseSurplus('jacfwd', surplus);
  checkFunction('jacfwd', f, argnums);
  return (...args) => {
    const { chosen, call, single } = selectArguments('jacfwd', f, args, argnums);
    const recorded = recordFunction((...xs: unknown[]) => call(xs), chosen);
    const { outputs, variables, structure, graph, open } = recorded;
    // columns[i][k]: the derivative of output k by variable i.
    const columns = variables.map((x, i) => {
      const all = vmap((t: Tensor) => {
        const ts = variables.map((_x, j) => (j === i ? t : null));
        return withGraphBuilding(open || mode.grad, () =>
          pushforward(outputs, variables, ts, graph).map(
            (dy, k) => dy ?? zerosOf(outputs[k] as Tensor),
          ),
        );
      })(unitVectors('jacfwd', x));
      return all.map((c, k) => {
        const y = floatOf('jacfwd', outputs[k] as Tensor);
        return reshapeNode(lastToFront(c, y.ndim), [...y.sizes, ...x.sizes]);
      });
    });
    return structure.rebuild(
      outputs.map((_y, k) =>
        asArguments(
          chosen,
          single,
          returnOutputs(
            recorded,
            columns.map((column) => column[k] as Tensor),
          ),
        ),
      ),
    ) as Tensor;
  };
}

/**
 * A function that computes the matrix of second derivatives of a scalar function, `[...m, ...m]` for an argument of
 * shape `[...m]`: `jacfwd(jacrev(f))`. PyTorch: `torch.func.hessian`.
 * @example hessian((x) => x.pow(3).sum())(tensor([1, 2])) // [[6, 0], [0, 12]]
 */
export function hessian<A extends Args = Tensor[]>(
  f: (...args: A) => unknown,
  argnums?: Argnums,
): (...args: A) => Tensor;
export function hessian<A extends Args>(
  f: (...args: A) => unknown,
  argnums: Argnums = 0,
  surplus?: unknown,
): (...args: A) => Tensor {
  refuseSurplus('hessian', surplus);
  checkFunction('hessian', f, argnums);
  return (...args) => {
    selectArguments('hessian', f, args, argnums);
    return jacfwd(jacrev(f, argnums), argnums)(...args);
  };
}

/**
 * The value of a scalar function and the product of its Hessian with `v`: `[f(…args), H · v]`, without computing the
 * Hessian: forward mode over reverse mode, about four times the cost of `f`.
 *
 * `args` is the list of arguments, and `v` a list with a direction for each; the product is such a list too. For a
 * single tensor all three may be tensors. PyTorch: `torch.autograd.functional.hvp`.
 * @example const [y, hv] = hvp((x) => x.pow(3).sum(), x, v); // hv = 6 · x · v
 */
export function hvp<X>(
  f: (x: X) => unknown,
  x: X,
  v: GradientOf<X>,
): [value: Tensor, product: GradientOf<X>];
export function hvp<A extends Args>(
  f: (...args: A) => unknown,
  args: readonly [...A],
  v: Cotangents<A> | readonly unknown[],
): [value: Tensor, product: { -readonly [K in keyof A]: GradientOf<A[K]> }];
export function hvp(
  f: (...args: never[]) => unknown,
  args: unknown,
  v: unknown,
  surplus?: unknown,
): [value: Tensor, product: unknown] {
  refuseSurplus('hvp', surplus);
  checkFunction('hvp', f);
  const list = kinds.isArray(args) ? checkArgument('hvp', 'the arguments', args, given) : [args];
  const single = list !== args;
  const directions = kinds.isArray(v) ? v : [v];
  const all = list.map((_x, k) => k);
  selectArguments('hvp', f, list, all);
  const both = valueAndGrad(f as (...xs: unknown[]) => unknown, all);
  const [[value], [, product]] = jvp(both as never, list, directions) as unknown as [
    [Tensor, unknown[]],
    [Tensor, unknown[]],
  ];
  return [value, single ? product[0] : product];
}

/** Without holes: an array may have billions. */
const given = kinds.listOf(kinds.kind('be given', (x) => x !== undefined));

/** A unit vector for each element of `x`: `[size, ...x.shape]`. */
function unitVectors(op: string, x: Tensor): Tensor {
  checkSize(op, [x.size, ...x.sizes]);
  const value = allocate(x.dtype, x.size * x.size);
  for (let i = 0; i < x.size; i++) value[i * x.size + i] = 1;
  return makeLeaf(value, [x.size, ...x.sizes], x.dtype);
}

/** Moves dimension 0 behind `n` others. */
function lastToFront(x: Tensor, n: number): Tensor {
  return sameShape(x.sizes, []) ? x : moveDim(x, 0, n);
}

function floatOf(op: string, y: Tensor): Tensor {
  if (!isFloat(y.dtype))
    throw new ShapeError(`${op}: a result is ${y.dtype}; only floats have derivatives`);
  return y;
}

function asArguments(
  chosen: readonly unknown[],
  single: boolean,
  leaves: readonly Tensor[],
): unknown {
  const list = flatten(chosen).structure.rebuild(leaves) as unknown[];
  return single ? list[0] : list;
}
