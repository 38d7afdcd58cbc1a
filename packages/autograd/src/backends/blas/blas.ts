/** @file Finds a BLAS library at run time, through koffi if that is installed. Neither is ever required. */
import { ownPlace } from '../../graph/copy.js';
import { packagePaths } from '../packagePaths.js';
import { loadGemm, type GemmSource, type Koffi } from './gemm.js';
import { candidateAt, candidates, wantsSkylakeX, type Candidate } from './libraries.js';

/** What `blas()` found. */
export type BlasInfo =
  | {
      /** Whether a BLAS library is used. */
      readonly found: true;
      /** `'OpenBLAS'`, `'MKL'`, `'Accelerate'`, or `'BLAS'` where its name does not say. */
      readonly library: string;
      /** Where the library lies. */
      readonly path: string;
      /** The processor its kernels are for, where it tells. */
      readonly core: string | null;
      /** Threads that call it side by side; each call runs on one. */
      readonly threads: number;
    }
  | {
      /** Whether a BLAS library is used. */
      readonly found: false;
      /** Why none is used. */
      readonly reason: string;
    };

/** A library that is loaded. */
export interface Blas {
  readonly candidate: Candidate;
  readonly core: string | null;
  sourceFor(memory: WebAssembly.Memory): GemmSource;
}

let known: Blas | string | undefined;

/** The library, or the reason why there is none. Looks once; loading takes some milliseconds. */
export function findBlas(): Blas | string {
  known ??= searchBlas();
  return known;
}

function searchBlas(): Blas | string {
  if (typeof process !== 'object' || typeof process.getBuiltinModule !== 'function')
    return 'only Node.js can load libraries';
  const setting = process.env['CHAINRULE_BLAS'] ?? 'auto';
  if (setting === 'off') return 'CHAINRULE_BLAS is off';
  const loaded = loadKoffi();
  if (typeof loaded === 'string') return loaded;
  const { platform, arch, env } = process;
  const list =
    setting === 'auto' ? candidates(platform, arch, env['PATH'] ?? '') : [candidateAt(setting)];
  setCore(loaded.koffi);
  for (const candidate of list) {
    const blas = open(candidate, loaded);
    if (blas !== null) return blas;
  }
  return setting === 'auto'
    ? `no library found (tried ${[...new Set(list.map(({ name }) => name))].join(', ')}); CHAINRULE_BLAS may name one`
    : `CHAINRULE_BLAS names '${setting}', which cannot be loaded or has no cblas_sgemm`;
}

interface Loaded {
  readonly koffi: Koffi;
  readonly path: string;
}

/** koffi, if it is installed for the program or this package, and runs on this machine; otherwise the reason. */
function loadKoffi(): Loaded | string {
  let reason = 'the package koffi is not installed';
  const { createRequire } = process.getBuiltinModule('node:module');
  for (const path of packagePaths('koffi', ownPlace())) {
    try {
      return { koffi: createRequire(path)(path) as Koffi, path };
    } catch (error) {
      // Built for another machine, or damaged.
      const [words] = String((error as Error | null)?.message ?? error).split('\n');
      reason = `the package koffi at ${path} cannot be loaded: ${words ?? ''}`;
    }
  }
  return reason;
}

/** Sets variables that libraries read while they are loaded; the user's own settings stay. */
function setCore(koffi: Koffi): void {
  if (process.platform === 'darwin') setVariable(koffi, 'VECLIB_MAXIMUM_THREADS', '1');
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  try {
    const cpuinfo = process.getBuiltinModule('node:fs').readFileSync('/proc/cpuinfo', 'utf8');
    if (wantsSkylakeX(cpuinfo)) setVariable(koffi, 'OPENBLAS_CORETYPE', 'SkylakeX');
  } catch {
    // No /proc: the library decides.
  }
}

function setVariable(koffi: Koffi, name: string, value: string): void {
  if (process.env[name] !== undefined) return;
  // In workers and in test runners process.env is a copy that libraries do not see.
  koffi.load(null).func('int setenv(const char *, const char *, int)')(name, value, 0);
}

function open(candidate: Candidate, { koffi, path }: Loaded): Blas | null {
  let library: ReturnType<Koffi['load']>;
  try {
    library = koffi.load(candidate.path);
  } catch {
    return null;
  }
  const call = (prototype: string, ...args: unknown[]): unknown => {
    try {
      return library.func(prototype)(...args);
    } catch {
      return undefined; // it has no such function
    }
  };
  const has = (name: string): boolean => {
    try {
      library.func(`void ${name}()`);
      return true;
    } catch {
      return false;
    }
  };
  // SciPy's build of OpenBLAS adds a prefix to its names.
  const prefix = ['', 'scipy_'].find((x) => has(`${x}cblas_sgemm`) && has(`${x}cblas_dgemm`));
  if (prefix === undefined) return null;
  // Our own threads call it side by side, so each call should use one thread.
  call(`void ${prefix}openblas_set_num_threads(int)`, 1);
  call('void MKL_Set_Num_Threads(int)', 1);
  // A build without threads shares one buffer among all callers.
  if (call(`int ${prefix}openblas_get_parallel()`) === 0) return null;
  const core = call(`const char *${prefix}openblas_get_corename()`);
  return {
    candidate,
    core: typeof core === 'string' ? core : null,
    sourceFor: (memory) => {
      const base = Number(koffi.address(new Uint8Array(memory.buffer)));
      const names = { sgemm: `${prefix}cblas_sgemm`, dgemm: `${prefix}cblas_dgemm` };
      return { koffi: path, library: candidate.path, ...names, base };
    },
  };
}

const sources = new WeakMap<WebAssembly.Memory, GemmSource>();
const functions = new WeakMap<WebAssembly.Memory, ReturnType<typeof loadGemm>>();

/** What a thread needs to call the library on a memory; null without a library, or if the memory may move. */
export function blasSource(memory: WebAssembly.Memory): GemmSource | null {
  const before = sources.get(memory);
  if (before !== undefined) return before;
  if (typeof known === 'string') return null; // reading the buffer of a memory is slow
  if (!isShared(memory)) return null;
  const blas = findBlas();
  if (typeof blas === 'string') return null;
  const source = blas.sourceFor(memory);
  sources.set(memory, source);
  return source;
}

/** The library's products over a memory for which `blasSource` is not null. */
export function gemmOver(memory: WebAssembly.Memory): ReturnType<typeof loadGemm> {
  let found = functions.get(memory);
  if (found === undefined) {
    found = loadGemm(blasSource(memory) as GemmSource);
    functions.set(memory, found);
  }
  return found;
}

function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer === 'function' && memory.buffer instanceof SharedArrayBuffer;
}
