/** @file `distributed()`: joins the job that this process was started in, or starts one on this machine. */
import { availableParallelism } from 'node:os';
import {
  ChainruleError,
  defineOptions,
  display,
  kinds,
  manualSeed,
  plural,
} from '@chainrule/autograd';
import { Communicator } from './communicator.js';
import { hasCurrent, setCurrent } from './current.js';
import { startCopies } from './local/job.js';
import { LocalTransport } from './local/localTransport.js';
import { FOLDER, RANK, SIZE } from './local/supervise.js';
import { endWithProcess } from './lifecycle.js';
import { launchedBy, loadMpi } from './mpi/library.js';
import { MpiTransport } from './mpi/mpiTransport.js';
import { SINGLE_PROCESS, type Transport } from './transport.js';
import { shareThreads, World } from './world.js';

/** Options of `distributed`. */
export interface DistributedOptions {
  /** With `'local'`: the number of ranks, including this process. */
  readonly size?: number;
  /**
   * Whether sums are taken in the order of the ranks, so that MPI libraries and `'local'` agree to the bit. Default
   * false.
   */
  readonly deterministic?: boolean;
  /** A seed for `manualSeed` on all ranks, which must pass the same. See `World.broadcast` for separate streams. */
  readonly seed?: number;
  /** How long a rank waits for the others, in seconds. Default 1800. */
  readonly timeout?: number;
  /** The number of steps after which the parameters of all ranks are compared; 0 for never. Default 100. */
  readonly checkEvery?: number;
  /** Whether a gradient with a NaN or an infinity stops the job or is left to the optimizer. Default `'throw'`. */
  readonly onNonFinite?: 'throw' | 'ignore';
  /** The largest number of bytes of gradients in a message. Default 25 MiB. */
  readonly bucketBytes?: number;
  /** The number of threads of each rank. Default: the machine's cores, divided among its ranks. */
  readonly threads?: number;
}

const distributedOptions = defineOptions<DistributedOptions>({
  size: kinds.wholeBetween(1, 256),
  deterministic: kinds.flag,
  seed: kinds.size,
  timeout: kinds.positive,
  checkEvery: kinds.size,
  onNonFinite: kinds.oneOf('throw', 'ignore'),
  bucketBytes: kinds.count,
  threads: kinds.wholeBetween(1, 256),
});

/**
 * Joins the job of this process: the ranks that `mpirun` (Open MPI, MPICH) or `chainrule run` started, all of which
 * run this program. With `'local'` and a size, in a process that nothing started, it starts `size − 1` copies of the
 * program on this machine. Otherwise there is one rank, and a warning on the console says so.
 *
 * MPI is called through the package `koffi`; `'local'` needs nothing. A rank that fails (it dies, throws, does
 * something else than the others, ends early, or has a gradient that is not finite) stops the whole job within
 * seconds, with a message that names the rank and the reason, and an exit code other than 0.
 *
 * PyTorch: `torch.distributed.init_process_group`, and `torchrun` to start the ranks.
 *
 * @throws {DeviceError} if MPI started the program but cannot be called. @throws {ChainruleError} if it is called
 * twice.
 * @example
 * const world = await distributed();
 * world.broadcast(model);
 * const optimizer = world.optimizer(new Adam(model.parameters()));
 * const loader = new DataLoader(world.shard(dataset), { batchSize: 64 });
 */
export function distributed(options?: DistributedOptions): Promise<World>;
export function distributed(
  kind: 'mpi' | 'local' | undefined,
  options?: DistributedOptions,
): Promise<World>;
export function distributed(
  first?: 'mpi' | 'local' | DistributedOptions,
  second?: DistributedOptions,
): Promise<World> {
  return new Promise((resolve) => resolve(join(first, second)));
}

function join(first: unknown, second: DistributedOptions | undefined): World {
  const kind = typeof first === 'object' && second === undefined ? undefined : first;
  const given = kind === first ? second : (first as DistributedOptions);
  const options = distributedOptions('distributed', given);
  if (kind !== undefined && kind !== 'mpi' && kind !== 'local')
    throw new ChainruleError(`distributed: expected 'mpi' or 'local', got ${display(kind)}`);
  if (hasCurrent()) {
    throw new ChainruleError('distributed: this process is already part of a job; use its world');
  }
  const { deterministic = false, timeout = 1800, threads, seed } = options;
  const transport = connect(kind, options.size);
  if (options.size !== undefined && options.size !== transport.size) {
    throw new ChainruleError(
      `distributed: { size: ${options.size} } was asked for, but ${plural(transport.size, 'rank')} started`,
    );
  }
  const communicator = new Communicator(transport, { deterministic, timeout });
  setCurrent(communicator);
  const leave = endWithProcess(communicator);
  if (transport.size > 1)
    shareThreads(
      threads === undefined ? transport.localSize : 1,
      threads ?? availableParallelism(),
    );
  const { checkEvery = 100, onNonFinite = 'throw', bucketBytes = 25 * 2 ** 20 } = options;
  const watch = onNonFinite === 'throw';
  const shown = { deterministic, seed, checkEvery, onNonFinite, bucketBytes };
  const lines = Object.entries(shown).map(([name, value]) => `${name}: ${String(value)}`);
  communicator.agreement.meet({ what: [`distributed (version ${VERSION})`, ...lines].join('\n') });
  if (seed !== undefined) manualSeed(seed);
  return new World(communicator, { checkEvery, watch, bucketBytes }, leave);
}

/** Settings that all ranks of a job must share. */
const VERSION = '0.1.0';

function connect(kind: 'mpi' | 'local' | undefined, size: number | undefined): Transport {
  const { env } = process;
  const folder = env[FOLDER];
  const mpi = launchedBy(env);
  if (folder !== undefined && kind !== 'mpi')
    return new LocalTransport(folder, Number(env[RANK]), Number(env[SIZE]), true);
  if (mpi !== null && kind !== 'local')
    return new MpiTransport(loadMpi(mpi, env['CHAINRULE_MPI']), mpi);
  if (kind === 'mpi') {
    throw new ChainruleError(
      "distributed('mpi'): this program was not started by MPI: mpirun -np 4 node train.js",
    );
  }
  if (kind === 'local') {
    if (size === undefined) {
      throw new ChainruleError(
        "distributed('local'): give the number of ranks: distributed('local', { size: 4 })",
      );
    }
    return size === 1 ? SINGLE_PROCESS : new LocalTransport(startCopies(size), 0, size, false);
  }
  console.warn(
    'distributed: running with one rank, as neither mpirun nor chainrule run started this program (mpirun -np 4 node train.js)',
  );
  return SINGLE_PROCESS;
}
