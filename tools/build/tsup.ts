/** @file How every package is built: ESM and CommonJS, from its entry points. Declarations: `declarations.mjs`. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig } from 'tsup';
import { inlined } from './inlined.js';
import { plainKernelsFile, plainKernelsText } from './plainKernels.mjs';
import { shakable } from './shakable.js';

interface LibraryOptions {
  /**
   * The namespaces that an entry point exports, with their sources. Each is an entry point of its own, too: bundlers leave out
   * what a page does not use of a file, but not of an object that lists the same names.
   */
  readonly namespaces?: Readonly<Record<string, string>>;
  /** The entry points that export them. For each, `NAME.module.js` exports the files, for bundlers. */
  readonly namespacesOf?: readonly string[];
  /** The sources for the names in package.json's `imports`, for builds where its conditions select others. */
  readonly conditional?: Readonly<Record<string, string>>;
  /**
   * Sources that are bundled into one file with everything they import. Loading a file takes a millisecond, and entry points
   * that share sources would otherwise be split into dozens of files.
   */
  readonly together?: readonly string[];
  /** Sources that `import()` loads and that share that file, too. */
  readonly later?: readonly string[];
  /** Folders whose classes no user sees, so their names need not be kept. */
  readonly unnamed?: readonly string[];
}

export function library(
  entry: Record<string, string>,
  {
    namespaces = {},
    namespacesOf = ['index'],
    conditional = {},
    together = [],
    later = [],
    unnamed = [],
  }: LibraryOptions = {},
): ReturnType<typeof defineConfig> {
  const root = process.cwd();
  const entries = [...Object.values(entry), ...later].map((source) => join(root, source));
  const spaces = Object.values(namespaces).map((source) => join(root, source));
  // Sources that are reached by the same entry points are put into one file.
  const imports = together.map((source) => `import ${JSON.stringify(join(root, source))};\n`);
  return defineConfig({
    entry: { ...entry, ...namespaces },
    format: ['esm', 'cjs'],
    dts: false,
    // Source maps would be more than half of the published size; the code is published unminified.
    sourcemap: false,
    clean: true,
    target: 'es2022',
    // Code that two entry points share is one chunk, in both formats: one Tensor class, one engine.
    splitting: true,
    // Names of classes are printed.
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
          if (imports.length === 0) return;
          build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            if (!entries.includes(path)) return undefined;
            return {
              contents: `${await readFile(path, 'utf8')}\n${imports.join('')}`,
              loader: 'ts',
            };
          });
          // The source of a namespace stays where it would be without an entry point of its own.
          build.onResolve({ filter: /\.ts$/ }, ({ path, kind }) =>
            kind === 'entry-point' && spaces.includes(join(root, path))
              ? { path: join(root, path), namespace: 'of a namespace' }
              : undefined,
          );
          build.onLoad({ filter: /\.ts$/, namespace: 'of a namespace' }, ({ path }) => ({
            contents: `export * from ${JSON.stringify(path)};\n${imports.join('')}`,
            resolveDir: root,
          }));
        },
      },
    ],
    plugins: [
      {
        name: 'shakable',
        renderChunk(code) {
          const plain = shakable(inlined(code), this.format === 'esm', unnamed);
          // CommonJS has `__filename`, but no `import.meta`.
          return { code: this.format === 'cjs' ? plain.replaceAll('import.meta', '({})') : plain };
        },
      },
    ],
    treeshake: false,
    async onSuccess() {
      const names = Object.keys(namespaces);
      if (names.length === 0) return;
      const files = names.map((name) => `export * as ${name} from './${name}.js';\n`).join('');
      for (const name of namespacesOf)
        await writeFile(
          join(root, 'dist', `${name}.module.js`),
          `export * from './${name}.js';\n${files}`,
        );
    },
  });
}
