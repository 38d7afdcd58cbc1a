/** @file A job of several ranks, as seen by one of them. */
import {
  checkArgument,
  dependsOn,
  kinds,
  setNumThreads,
  type Parameter,
  type Tensor,
} from '@chainrule/autograd';
import { Module } from '@chainrule/nn';
import type { Dataset, Subset } from '@chainrule/nn/data';
import { broadcastState, type Broadcastable } from './broadcastState.js';
import type { Communicator } from './communicator.js';
import { Averager, parametersIn, type AverageOptions } from './gradients.js';
import { distributedOptimizer, type OptimizerLike } from './optimizer.js';
import { shardOf, type ShardOptions } from './shard.js';
import { synchronize } from './syncBatchNorm.js';

/** The result of `World.usage`; times are in milliseconds. */
export interface Usage {
  /** The number of collectives this rank has taken part in. */
  readonly collectives: number;
  /** The number of bytes of this rank's data in them. */
  readonly bytes: number;
  /** The time until all ranks had arrived and agreed on the operation: the cost of slower ranks. */
  readonly waiting: number;
  /** The time while data was exchanged. */
  readonly exchanging: number;
}

const aModule = kinds.kind<Module>('be a module', (x) => x instanceof Module);
const anOptimizer = kinds.kind<OptimizerLike>('be an optimizer', (x) => {
  const { paramGroups, step } = x as Partial<OptimizerLike>;
  return Array.isArray(paramGroups) && typeof step === 'function';
});

/**
 * The ranks of a job, which all run the same program. Made by {@link distributed}. Every method but `rank`, `size`
 * and `noSync` must be called by all ranks, in the same order; otherwise all of them throw an error that says which
 * rank differs.
 */
export class World {
  /** The number of this rank, from 0. */
  readonly rank: number;
  /** The number of ranks. */
  readonly size: number;
  /** The transport between the ranks: `'mpi'`, `'local'` or, for one rank, `'alone'`. */
  readonly kind: 'mpi' | 'local' | 'alone';
  /** The library that connects them, for logs. */
  readonly library: string;
  private readonly communicator: Communicator;
  private readonly options: AverageOptions;
  private readonly leave: () => void;
  private readonly averagers = new Map<string, Averager>();
  private readonly numbers = new WeakMap<Parameter, number>();
  private counted = 0;
  private quiet = 0;

  /** @internal */
  constructor(communicator: Communicator, options: AverageOptions, leave: () => void) {
    const { transport } = communicator;
    this.rank = transport.rank;
    this.size = transport.size;
    this.kind = transport.kind;
    this.library = transport.library;
    this.communicator = communicator;
    this.options = options;
    this.leave = leave;
  }

  /**
   * Gives all ranks the state of rank 0: the parameters and buffers of a model, the state of an optimizer or a schedule,
   * or a list of parameters. From then on each rank draws its own random numbers (dropout, augmentation), which
   * follow from rank 0's seed; rank 0's stream is unchanged, so its state in a checkpoint restores those of all
   * others.
   *
   * PyTorch: `DistributedDataParallel` does this when it is made.
   *
   * @throws {ChainruleError} on all ranks if names, shapes or dtypes differ, naming the first difference.
   * @example world.broadcast(model);
   */
  broadcast(target: Broadcastable): void {
    broadcastState(this.communicator, target);
  }

  /**
   * Replaces the gradient of each parameter by its mean over all ranks: between `backward()` and `step()`. Gradients
   * travel in buckets, and have the same bits on all ranks afterwards. This is part of the graph, so it works in a
   * compiled step too.
   *
   * @throws {ChainruleError} on all ranks if one lacks a gradient that others have; if one holds a NaN or an infinity,
   *   naming rank and parameter, unless `onNonFinite` is 'ignore'; and every `checkEvery` calls if parameters differ.
   * @example loss.backward(); world.average(model.parameters()); clipGradNorm(model.parameters(), 1); optimizer.step();
   */
  average(parameters: readonly Parameter[] | readonly (readonly [string, Parameter])[]): void {
    this.averager(parametersIn('average', parameters))?.average();
  }

  /**
   * The same optimizer, but its `step()` first averages the gradients over all ranks. In all other respects it is
   * the one that was given, for schedules, checkpoints and `compile` too. With a closure, the loss it returns is
   * averaged as well.
   *
   * Its parameters and state are compared between ranks, at once and after `loadStateDict`.
   * @throws {ChainruleError} on all ranks if they differ, as {@link World.average} at each step.
   * @example const optimizer = world.optimizer(new Adam(model.parameters(), { lr: 1e-3 }));
   */
  optimizer<O extends OptimizerLike>(optimizer: O): O {
    checkArgument('optimizer', 'optimizer', optimizer, anOptimizer);
    if (this.size === 1) return optimizer;
    return distributedOptimizer(this.communicator, optimizer, (ps) => this.averager(ps));
  }

  /**
   * This rank's share of a dataset: every `size`-th item, equally many on each rank. Together, the batches of one
   * step are the batch that one process would have taken from an unshuffled dataset; a loader shuffles within the
   * share.
   *
   * @throws {ChainruleError} on all ranks if their datasets differ in length, or there are fewer items than ranks.
   * @example new DataLoader(world.shard(dataset), { batchSize: 64, shuffle: true, seed: 1 })
   */
  shard(dataset: Tensor, options?: ShardOptions): Tensor;
  shard<T>(dataset: readonly T[], options?: ShardOptions): T[];
  shard<T>(dataset: Dataset<T>, options?: ShardOptions): Subset<T>;
  shard<T>(
    dataset: Tensor | readonly T[] | Dataset<T>,
    options?: ShardOptions,
  ): Tensor | T[] | Subset<T> {
    return shardOf(this.communicator, dataset, options);
  }

  /**
   * From now on, in training mode, the `BatchNorm1d`, `2d` and `3d` of a model normalize by the batches of all ranks
   * together, as one process does with the joined batch; batches may differ in size. Returns the model. PyTorch:
   * `SyncBatchNorm.convert_sync_batchnorm`, which makes new layers.
   * @example const model = world.syncBatchNorm(new Net());
   */
  syncBatchNorm<M extends Module>(model: M): M {
    checkArgument('syncBatchNorm', 'model', model, aModule);
    synchronize(this.communicator, model, this.options.watch);
    return model;
  }

  /**
   * Runs `f` without communication in `average` and the optimizers' `step`. Accumulating gradients over several
   * `backward()` does not need it, as gradients are exchanged at `step()`; it is for steps of a single rank, after
   * which the parameters must be made equal again. PyTorch: `DistributedDataParallel.no_sync`.
   */
  noSync<R>(f: () => R): R {
    checkArgument('noSync', 'f', f, kinds.callable);
    this.quiet++;
    try {
      return f();
    } finally {
      this.quiet--;
    }
  }

  /** Waits until all ranks have arrived here. */
  barrier(): void {
    this.communicator.agreement.meet({ what: 'barrier' });
  }

  /** What this rank has exchanged so far, and the time it took. */
  usage(): Usage {
    return { ...this.communicator.usage };
  }

  /** Ends the job, once all ranks have reached the end. It is called automatically when the program ends. */
  close(): void {
    this.leave();
  }

  private averager(parameters: readonly Parameter[]): Averager | null {
    // If this changes, a compiled step is recorded anew.
    if (this.size === 1 || dependsOn(() => this.quiet > 0)) return null;
    const key = parameters.map((p) => this.numberOf(p)).join();
    let averager = this.averagers.get(key);
    if (averager === undefined) {
      averager = new Averager(this.communicator, parameters, this.options);
      this.averagers.set(key, averager);
    }
    return averager;
  }

  private numberOf(parameter: Parameter): number {
    let number = this.numbers.get(parameter);
    if (number === undefined) this.numbers.set(parameter, (number = this.counted++));
    return number;
  }
}

/** Divides the cores of this machine among its ranks, one thread per core. */
export function shareThreads(localSize: number, cores: number): void {
  setNumThreads(Math.max(1, Math.floor(cores / localSize)));
}
