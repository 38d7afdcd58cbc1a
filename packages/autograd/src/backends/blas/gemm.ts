/**
 * @file Products by a BLAS library, as functions that kernels import.
 *
 * Workers load the library themselves, from the text of `loadGemm`, which must not refer to anything outside itself.
 */

/** What a thread needs to call the library on a memory. */
export interface GemmSource {
  /** The file that koffi is loaded from. */
  readonly koffi: string;
  readonly library: string;
  /** Names of the functions for float32 and float64. */
  readonly sgemm: string;
  readonly dgemm: string;
  /** The address of the memory in the process. */
  readonly base: number;
}

/**
 * `C [m, n] = A · B`, row-major with a leading dimension each, at addresses of the memory. `transA` and `transB` are 1 for
 * transposed matrices. With `add` 1 the product is added to C, with 0 it replaces C.
 */
export type Gemm = (
  transA: number,
  transB: number,
  m: number,
  n: number,
  k: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  add: number,
  c: number,
  ldc: number,
) => void;

/** The part of koffi that is used; https://koffi.dev. */
export interface Koffi {
  load(library: string | null): { func(prototype: string): (...args: unknown[]) => unknown };
  address(value: unknown): bigint;
}

/** The two functions over the memory of `source`. */
export function loadGemm(source: GemmSource): { sgemm: Gemm; dgemm: Gemm } {
  const module = process.getBuiltinModule('node:module');
  const koffi = module.createRequire(source.koffi)(source.koffi) as Koffi;
  const library = koffi.load(source.library);
  const { base } = source;
  const gemm = (name: string, type: string): Gemm => {
    const call = library.func(
      `void ${name}(int, int, int, int, int, int, ${type}, uintptr_t, int, uintptr_t, int, ${type}, uintptr_t, int)`,
    );
    return (transA, transB, m, n, k, a, lda, b, ldb, add, c, ldc) => {
      // 101 row-major, 111 as it is, 112 transposed. Addresses come as signed numbers.
      const [pa, pb, pc] = [base + (a >>> 0), base + (b >>> 0), base + (c >>> 0)];
      call(101, 111 + transA, 111 + transB, m, n, k, 1, pa, lda, pb, ldb, add, pc, ldc);
    };
  };
  return { sgemm: gemm(source.sgemm, 'float'), dgemm: gemm(source.dgemm, 'double') };
}
