/** @file How every package is built: ESM and CommonJS, from its entry points. Declarations: `declarations.mjs`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig } from 'tsup';
import { inlined } from './inlined.js';
import { plainKernelsFile, plainKernelsText } from './plainKernels.mjs';
import { shakable } from './shakable.js';

interface LibraryOptions {
  /** Sources that package.json's `imports` lead to by the names given here, or to others where its conditions are others. */
  readonly conditional?: Readonly<Record<string, string>>;
  /**
   * Sources that lie in one file with all that they import. Every file takes a millisecond to load, and entry points that
   * share some of their sources would be cut into dozens.
   */
  readonly together?: readonly string[];
  /** Sources that `import()` loads: they share that file, too. */
  readonly later?: readonly string[];
  /** Folders whose classes no user sees, so that their names need not be kept. */
  readonly unnamed?: readonly string[];
}

export function library(
  entry: Record<string, string>,
  { conditional = {}, together = [], later = [], unnamed = [] }: LibraryOptions = {},
): ReturnType<typeof defineConfig> {
  const root = process.cwd();
  const entries = [...Object.values(entry), ...later].map((source) => join(root, source));
  return defineConfig({
    entry,
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
    esbuildPlugins: [
      {
        name: 'conditional',
        setup(build) {
          for (const [name, source] of Object.entries(conditional))
            build.onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) =>
              kind !== 'entry-point' &&
              join(resolveDir, path.replace(/\.js$/, '.ts')) === join(root, source)
                ? { path: name, external: true }
                : undefined,
            );
        },
      },
      {
        name: 'made',
        setup(build) {
          build.onLoad({ filter: new RegExp(`${plainKernelsFile}$`) }, async () => ({
            contents: await plainKernelsText(),
            loader: 'ts',
          }));
        },
      },
      {
        name: 'together',
        setup(build) {
          if (together.length === 0) return;
          // Sources are put into one file where the same entry points reach them.
          const imports = together.map((source) => `import ${JSON.stringify(join(root, source))};`);
          build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            if (!entries.includes(path)) return undefined;
            return {
              contents: `${await readFile(path, 'utf8')}\n${imports.join('\n')}\n`,
              loader: 'ts',
            };
          });
        },
      },
    ],
    plugins: [
      {
        name: 'shakable',
        renderChunk(code) {
          const plain = shakable(inlined(code), this.format === 'esm', unnamed);
          // CommonJS has `__filename`, and no such thing as `import.meta`.
          return { code: this.format === 'cjs' ? plain.replaceAll('import.meta', '({})') : plain };
        },
      },
    ],
    treeshake: false,
  });
}
