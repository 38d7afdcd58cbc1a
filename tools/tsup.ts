/** @file How every package is built: ESM and CommonJS, from its entry points. Declarations: `declarations.mjs`. */
import { defineConfig } from 'tsup';
import { join } from 'node:path';
import { shakable } from './shakable.js';

/**
 * @param conditional sources that package.json's `imports` lead to under the name given here, which is another file where its
 * conditions are others: in pages.
 */
export function library(
  entry: Record<string, string>,
  conditional: Readonly<Record<string, string>> = {},
): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry,
    esbuildPlugins: [
      {
        name: 'conditional',
        setup(build) {
          for (const [name, source] of Object.entries(conditional))
            build.onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) =>
              kind !== 'entry-point' &&
              join(resolveDir, path.replace(/\.js$/, '.ts')) === join(process.cwd(), source)
                ? { path: name, external: true }
                : undefined,
            );
        },
      },
    ],
    format: ['esm', 'cjs'],
    dts: false,
    // They would be more than half of what is published; the code is published as it is, not minified.
    sourcemap: false,
    clean: true,
    target: 'es2022',
    // What two entry points share is one chunk, in both formats: one Tensor class, one engine.
    splitting: true,
    // Class names are printed.
    keepNames: true,
    plugins: [
      {
        name: 'shakable',
        renderChunk(code) {
          const plain = shakable(code, this.format === 'esm');
          // CommonJS has `__filename`, and no such thing as `import.meta`.
          return { code: this.format === 'cjs' ? plain.replaceAll('import.meta', '({})') : plain };
        },
      },
    ],
    treeshake: false,
  });
}
