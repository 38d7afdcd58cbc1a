/** @file Detects the MPI launcher that started a program, and finds its library. */
import { ChainruleError, DeviceError } from '@chainrule/autograd';
import { abiOf, type Abi } from './abi.js';
import { findKoffi, type Koffi, type NativeLibrary } from './koffi.js';

/** The MPI launcher that started this process. */
export interface Launched {
  readonly by: 'Open MPI' | 'MPICH';
  readonly rank: number;
  readonly size: number;
  /** The number of ranks on this machine; null if the launcher does not say. */
  readonly localSize: number | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment variables that `mpirun`, `mpiexec` and `srun` set; null if none of them started this process. */
export function launchedBy(env: Environment): Launched | null {
  const number = (name: string): number | null => {
    const text = env[name];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
  };
  const read = (by: Launched['by'], rank: string, size: string, local: string): Launched | null => {
    const [r, n] = [number(rank), number(size)];
    return r === null || n === null ? null : { by, rank: r, size: n, localSize: number(local) };
  };
  return (
    read(
      'Open MPI',
      'OMPI_COMM_WORLD_RANK',
      'OMPI_COMM_WORLD_SIZE',
      'OMPI_COMM_WORLD_LOCAL_SIZE',
    ) ??
    read('MPICH', 'PMI_RANK', 'PMI_SIZE', 'MPI_LOCALNRANKS') ??
    read('Open MPI', 'PMIX_RANK', 'SLURM_NTASKS', 'SLURM_NTASKS_PER_NODE')
  );
}

const LINUX = {
  'Open MPI': ['libmpi.so.40', 'libmpi.so.20', 'libmpi.so'],
  // Debian's name comes first: there, libmpi.so is whichever library is the default.
  MPICH: ['libmpich.so.12', 'libmpi.so.12', 'libmpich.so', 'libmpi.so'],
};
const MAC_FOLDERS = ['/opt/homebrew/lib', '/usr/local/lib', '/opt/local/lib'];
const MAC = {
  'Open MPI': ['libmpi.40.dylib', 'libmpi.dylib'],
  MPICH: ['libmpi.12.dylib', 'libmpich.dylib', 'libmpi.dylib'],
};

/**
 * The paths to try. Names without a folder are used only on Linux, where the system's loader does not search the current
 * folder for them.
 */
export function candidates(by: Launched['by'], platform: string): string[] {
  if (platform === 'darwin')
    return MAC_FOLDERS.flatMap((f) => MAC[by].map((name) => `${f}/${name}`));
  return platform === 'linux' ? LINUX[by] : [];
}

/** A loaded library. */
export interface MpiLibrary {
  readonly koffi: Koffi;
  readonly native: NativeLibrary;
  readonly abi: Abi;
  readonly path: string;
}

/**
 * Settings that keep UCX, through which MPICH and Open MPI may communicate, apart from V8. It would replace functions of the
 * C library (malloc, munmap, brk) while threads of V8 are inside them: with frequent garbage collections, three jobs of 52
 * ended with a segmentation fault. It would also take over the signals that tell V8 of an access outside WebAssembly's
 * memory. Settings of the user are kept.
 */
const ISOLATION = { UCX_MEM_EVENTS: 'no', UCX_MEM_MMAP_HOOK_MODE: 'none', UCX_ERROR_SIGNALS: '' };

/**
 * Loads the library that belongs to the launcher; `CHAINRULE_MPI` names another.
 * @throws {DeviceError} if there is none, or koffi is not installed or cannot be loaded.
 */
export function loadMpi({ by }: Launched, named: string | undefined): MpiLibrary {
  const koffi = findKoffi();
  if (typeof koffi === 'string') {
    throw new DeviceError(
      `distributed: ${by} started this program, but the package koffi, which calls MPI, ${koffi}`,
    );
  }
  if (named !== undefined && !/^([\\/]|[a-z]:)/i.test(named)) {
    throw new ChainruleError(
      `distributed: CHAINRULE_MPI must be the absolute path of a library, got '${named}'`,
    );
  }
  for (const [name, value] of Object.entries(ISOLATION)) process.env[name] ??= value;
  const list = named === undefined ? candidates(by, process.platform) : [named];
  for (const path of list) {
    try {
      // The library's plug-ins look up its symbols.
      const native = koffi.load(path, { global: true, lazy: true });
      native.func('int MPI_Initialized(void *)');
      return { koffi, native, abi: abiOf(koffi, native), path };
    } catch {
      continue;
    }
  }
  throw new DeviceError(
    `distributed: ${by} started this program, but its library cannot be loaded (tried ${list.join(', ')}); ` +
      'CHAINRULE_MPI may give its absolute path',
  );
}
