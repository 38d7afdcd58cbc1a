/** @file How every package is built: ESM and CommonJS with declarations, from its entry points. */
import { defineConfig } from 'tsup';

export function library(entry: Record<string, string>): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    dts: true,
    sourcemap: true,
    clean: true,
    target: 'es2022',
    // What two entry points share is one chunk, in both formats: one Tensor class, one engine.
    splitting: true,
    // Class names are printed, and are part of error messages.
    keepNames: true,
    treeshake: false,
  });
}
