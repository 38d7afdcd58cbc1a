/** @file The collectives as operations of the graph: differentiable, in plain code, compiled and batched. */
import {
  checkArgument,
  ChainruleError,
  defineOptions,
  DTypeError,
  kinds,
  ShapeError,
  type Tensor,
} from '@chainrule/autograd';
import { mode, runtime } from '@chainrule/autograd/internal';
import type { Communicator } from './communicator.js';
import { currentWorld } from './current.js';
import { allGatherOf, allReduceOf, broadcastOf } from './primitives.js';
import type { ReduceOp } from './transport.js';

/** Options of `allReduce`. */
export interface AllReduceOptions {
  /** How elements are combined. Default `'sum'`. */
  readonly op?: ReduceOp | 'mean';
}

const allReduceOptions = defineOptions<AllReduceOptions>({
  op: kinds.oneOf('sum', 'mean', 'max', 'min'),
});

/**
 * The sum (or mean, maximum, minimum) of `x` over all ranks, element by element; all get the same bits. `x` has the
 * same shape and dtype everywhere: float32, float64 or int32, whose sums wrap.
 *
 * In plain code the ranks exchange at the call, so that the order is that of the program. A derivative is that of
 * the sum of all ranks' losses: the gradient of a sum is the sum of the ranks' gradients; the gradient of a maximum
 * or minimum goes to the ranks that have it, in equal parts. A NaN on any rank gives NaN. PyTorch:
 * `torch.distributed.nn.all_reduce`.
 *
 * @throws {ChainruleError} on every rank if they do not call the same operation with the same shape.
 * @throws {DTypeError} for booleans.
 * @example const meanLoss = allReduce(loss.detach(), { op: 'mean' });
 */
export function allReduce(x: Tensor, options?: AllReduceOptions): Tensor {
  const { op = 'sum' } = allReduceOptions('allReduce', options);
  const node = checked('allReduce', x);
  if (node.dtype === 'bool')
    throw new DTypeError("allReduce: booleans have no sum; cast them: x.cast('int32')");
  const world = currentWorld('allReduce');
  if (world.size === 1) return node;
  if (op === 'mean' && node.dtype === 'int32')
    throw new DTypeError("allReduce: whole numbers have no mean; cast them: x.cast('float32')");
  const reduced = now(
    allReduceOf([node], { world: world.id, op: op === 'mean' ? 'sum' : op, bucket: -1 }),
  );
  return op === 'mean' ? reduced.mul(1 / world.size) : reduced;
}

/** Options of `allGather`. */
export interface AllGatherOptions {
  /** The dimension to join along. Default 0. */
  readonly dim?: number;
}

const allGatherOptions = defineOptions<AllGatherOptions>({ dim: kinds.dim });

/**
 * Joins the tensors of all ranks along a dimension, in the order of ranks: `[n, …] → [size · n, …]`. All
 * must have the same shape and dtype. A rank's gradient is the sum over ranks of the gradients of its part. PyTorch:
 * `torch.distributed.nn.all_gather`, which returns a list.
 *
 * @throws {ShapeError} for a tensor without dimensions: `x.unsqueeze(0)`. @throws as {@link allReduce}.
 * @example const predictions = allGather(model.forward(share)); // [size · batch, 10]
 */
export function allGather(x: Tensor, options?: AllGatherOptions): Tensor {
  const { dim = 0 } = allGatherOptions('allGather', options);
  const node = checked('allGather', x);
  const at = dim < 0 ? dim + node.ndim : dim;
  if (!(at >= 0 && at < node.ndim)) {
    throw new ShapeError(
      node.ndim === 0
        ? 'allGather: a tensor without dimensions cannot be gathered along one; use x.unsqueeze(0)'
        : `allGather: there is no dimension ${dim} in [${node.shape.join(', ')}]`,
    );
  }
  const world = currentWorld('allGather');
  return world.size === 1
    ? node
    : now(allGatherOf([node], { world: world.id, dim: at, watch: '' }));
}

/** Options of `broadcastTensor`. */
export interface BroadcastOptions {
  /** The rank whose tensor all ranks get. Default 0. */
  readonly root?: number;
}

const broadcastOptions = defineOptions<BroadcastOptions>({ root: kinds.size });

/**
 * The tensor of rank `root`, on all ranks. The root's gradient is the sum of all ranks' gradients, the others' is
 * zero. PyTorch: `torch.distributed.nn.broadcast`.
 *
 * @throws {ChainruleError} if there is no such rank. @throws as {@link allReduce}.
 * @example const order = broadcastTensor(randperm(1000)); // rank 0's
 */
export function broadcastTensor(x: Tensor, options?: BroadcastOptions): Tensor {
  const { root = 0 } = broadcastOptions('broadcastTensor', options);
  const node = checked('broadcastTensor', x);
  const world = currentWorld('broadcastTensor');
  if (root >= world.size) {
    throw new ChainruleError(
      `broadcastTensor: root must be a rank from 0 to ${world.size - 1}, got ${root}`,
    );
  }
  return world.size === 1 ? node : now(broadcastOf([node], { world: world.id, root }));
}

/** Gathers a row of each rank; with `watch`, the name of the data, the rows must be finite. */
export function gatherRows(world: Communicator, row: Tensor, watch: string): Tensor {
  return now(allGatherOf([row.unsqueeze(0)], { world: world.id, dim: 0, watch }));
}

/** The sum over ranks of the gradients in a bucket; see `bucket.ts`. */
export function reduceBucket(
  world: Communicator,
  bucket: number,
  inputs: readonly Tensor[],
): Tensor {
  return now(allReduceOf(inputs, { world: world.id, op: 'sum', bucket }));
}

function checked(op: string, x: Tensor): Tensor {
  return (checkArgument(op, 'x', x, kinds.tensor) as Tensor & { readonly current: Tensor }).current;
}

/**
 * Exchanges at the call and never twice, so that all ranks exchange in the order of their programs, whichever values each of
 * them reads and when. In a recording the order is that of the plan, which is equal for equal programs.
 */
function now(node: Tensor): Tensor {
  if (mode.tracing === null) runtime.evaluate([node], 'a collective');
  return node;
}
