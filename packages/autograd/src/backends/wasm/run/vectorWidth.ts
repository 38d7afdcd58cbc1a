/** @file Chooses the vector width for the engine that is running. */
import type { VectorWidth } from '../assembler/kernelFunction.js';

/** `(module (func (param v128 v128 v128) (result v128) (f32x4.relaxed_madd …)))` */
const RELAXED = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0,
  32, 0, 32, 1, 32, 2, 253, 133, 2, 11,
];

/** A width, and whether products may use fused multiply-add. */
export interface BestWidth {
  readonly width: VectorWidth;
  readonly fma: boolean;
}

/** Whether `enableWideSimd` has turned the revectorizer on. */
export const wideSimdState = { enabled: false };

/** If set, used whatever the engine supports: while a prelude is written. */
export const forcedWidth: { width: BestWidth | null } = { width: null };

/**
 * The width to compile for, and whether products may use fused multiply-add.
 *
 * `'wideSimdState'` if V8's revectorizer was requested (`node --experimental-wasm-revectorize`): it fuses pairs of vectors into one of
 * twice the width; measurements showed that the one of V8 12 leaves these kernels unchanged. `'relaxed'` if the engine has
 * relaxed SIMD and enough registers for larger tiles (V8 from version 13). Otherwise `'simd128'`; an older V8 may still have
 * fused multiply-add (12, or 11 with `node --experimental-wasm-relaxed-simd`).
 */
export function bestVectorWidth(): BestWidth {
  if (forcedWidth.width !== null) return forcedWidth.width;
  detectedWidth ??= detectWidth();
  return wideSimdState.enabled ? { width: 'wide', fma: detectedWidth.fma } : detectedWidth;
}

/** What the engine supports; it does not change. */
let detectedWidth: BestWidth | null = null;

function detectWidth(): BestWidth {
  const relaxed = WebAssembly.validate(new Uint8Array(RELAXED));
  const node = typeof process === 'object' && typeof process.versions?.v8 === 'string';
  // Outside of Node, an engine with relaxed SIMD is a recent one.
  const version = node ? Number.parseInt(process.versions.v8, 10) : 13;
  if (node && version >= 13 && process.arch === 'x64') {
    const options = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
    if (/--experimental[-_]wasm[-_]revectorize/.test(options))
      return { width: 'wide', fma: relaxed };
  }
  return { width: relaxed && version >= 13 ? 'relaxed' : 'simd128', fma: relaxed };
}
