/** @file The usual names and paths of BLAS libraries. */

/** How to load and set up one kind of library. */
export interface Candidate {
  readonly name: 'OpenBLAS' | 'MKL' | 'Accelerate' | 'BLAS';
  /** What the system's loader gets: a name or a path. */
  readonly path: string;
}

const OPENBLAS_NAMES = ['libopenblas.so.0', 'libopenblas.so', 'libopenblasp.so.0'];

/**
 * The libraries to try, the fastest first. Names without a folder are used only on Linux, where the system's loader does not
 * look for them in the current folder.
 */
export function candidates(platform: string, arch: string, searchPath = ''): Candidate[] {
  const open = (paths: readonly string[]): Candidate[] =>
    paths.map((path) => ({ name: 'OpenBLAS', path }));
  const mkl = (paths: readonly string[]): Candidate[] =>
    paths.map((path) => ({ name: 'MKL', path }));
  if (platform === 'darwin') {
    return [
      { name: 'Accelerate', path: '/System/Library/Frameworks/Accelerate.framework/Accelerate' },
      ...open([
        '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
        '/usr/local/opt/openblas/lib/libopenblas.dylib',
        '/usr/local/lib/libopenblas.dylib',
        '/opt/local/lib/libopenblas.dylib',
      ]),
    ];
  }
  if (platform === 'win32') {
    const folders = searchPath.split(';').filter((folder) => /^([a-z]:)?[\\/]/i.test(folder));
    const within = (names: readonly string[]): string[] =>
      folders.flatMap((folder) => names.map((name) => `${folder}\\${name}`));
    return [
      ...open(within(['libopenblas.dll', 'openblas.dll'])),
      ...mkl(within(['mkl_rt.2.dll', 'mkl_rt.dll'])),
    ];
  }
  const machine = arch === 'arm64' ? 'aarch64' : 'x86_64';
  const folders = [
    `/usr/lib/${machine}-linux-gnu`,
    `/usr/lib/${machine}-linux-gnu/openblas-pthread`,
    '/usr/lib64',
    '/usr/lib',
    '/usr/local/lib',
    '/opt/OpenBLAS/lib',
  ];
  return [
    ...open(OPENBLAS_NAMES),
    ...open(folders.map((folder) => `${folder}/libopenblas.so.0`)),
    ...mkl([
      'libmkl_rt.so.2',
      'libmkl_rt.so',
      '/opt/intel/oneapi/mkl/latest/lib/libmkl_rt.so.2',
      '/opt/intel/mkl/lib/intel64/libmkl_rt.so',
    ]),
  ];
}

/** A library that the user named. */
export function candidateAt(path: string): Candidate {
  const name = /openblas/i.test(path)
    ? 'OpenBLAS'
    : /mkl/i.test(path)
      ? 'MKL'
      : /accelerate/i.test(path)
        ? 'Accelerate'
        : 'BLAS';
  return { name, path };
}

/**
 * Whether OpenBLAS should be told to use its AVX-512 kernels. It detects Intel's processors by itself; on others with AVX-512
 * it uses the kernels for AVX2, at half the speed.
 */
export function wantsSkylakeX(cpuinfo: string): boolean {
  const flags = /^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(' ') ?? [];
  const intel = /^vendor_id\s*:\s*GenuineIntel/m.test(cpuinfo);
  const needed = ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'];
  return !intel && needed.every((flag) => flags.includes(flag));
}
