/** @file `@chainrule/distributed`: training in several processes. */
export { distributed, type DistributedOptions } from './distributed.js';
export { World, type Usage } from './world.js';
export type { Broadcastable, Stateful } from './broadcastState.js';
export type { OptimizerLike } from './optimizer.js';
export type { ShardOptions } from './shard.js';
export {
  allGather,
  allReduce,
  broadcastTensor,
  type AllGatherOptions,
  type AllReduceOptions,
  type BroadcastOptions,
} from './operations.js';
