/** @file How every package is built: ESM and CommonJS with declarations, from its entry points. */
import { defineConfig, type Options } from 'tsup';

/**
 * Leaves out what `keepNames` says of function declarations, which have their names as it is: a bundler takes each such
 * call for an effect, and would keep every function. Lines stay, so that the source map does. Classes keep theirs.
 */
const shakable: NonNullable<Options['plugins']>[number] = {
  name: 'shakable',
  renderChunk(code) {
    const plain = code.replaceAll(/^ *__name\((\w+), "\1"\);$/gm, '');
    // CommonJS has `__filename`, and no such thing as `import.meta`.
    return { code: this.format === 'cjs' ? plain.replaceAll('import.meta', '({})') : plain };
  },
};

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
    plugins: [shakable],
    treeshake: false,
  });
}
