/** @file How every package is built: ESM and CommonJS, from its entry points. Declarations: `declarations.mjs`. */
import { defineConfig, type Options } from 'tsup';

/**
 * `var name = f(…);` at the start of a line, up to the parenthesis that closes it: on the same line, or at the start of the
 * first line that is not indented.
 */
const made =
  /^var (\w+) = ((?:new )?[\w$.]+\((?:.*|(?:.*[({[])?(?:\n(?:[ \t].*)?)+\n(?=[)}\]]).*)\));$/gm;

/**
 * Tells bundlers what they may leave out. What a file makes when it is loaded, operations and tables of options among it,
 * is made in a function that is marked as pure, so that it goes where nobody uses it, with all that it is made of. So are
 * namespaces (`export * as linalg`), objects that `__export` fills. And what `keepNames` says of function declarations
 * goes, which have a name as it is.
 */
const shakable: NonNullable<Options['plugins']>[number] = {
  name: 'shakable',
  renderChunk(code) {
    const plain = code
      .replaceAll(/^ *__name\((?!this)\w+, "\w+"\);$/gm, '')
      .replaceAll(made, 'var $1 = /* @__PURE__ */ (() => $2)();')
      .replaceAll(/^var (\w+) = \{\};\n__export\(\1, /gm, 'var $1 = /* @__PURE__ */\n__export({}, ')
      .replace(/^(var __export = [^}]*\}\);\n)\};$/m, '$1  return target;\n};');
    // CommonJS has `__filename`, and no such thing as `import.meta`.
    return { code: this.format === 'cjs' ? plain.replaceAll('import.meta', '({})') : plain };
  },
};

export function library(entry: Record<string, string>): ReturnType<typeof defineConfig> {
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
    // Class names are printed, and are part of error messages.
    keepNames: true,
    plugins: [shakable],
    treeshake: false,
  });
}
