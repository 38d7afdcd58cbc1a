/** @file How every package is built: ESM and CommonJS with declarations, from its entry points. */
import { defineConfig, type Options } from 'tsup';

/** What makes an operation: called when a file is loaded, and without effect where nobody uses what it makes. */
const builders =
  'composite|primitive|unary|binary|elementwise|derivativeFamily|integral|family|defineOptions|byPosition';
/** Kinds of arguments that are made by calls, within tables of options. */
const kinds = 'between|wholeBetween|oneOf|orNull|required|either|listOf|oneOrMore|tuple|kind';

/**
 * Tells bundlers what they may leave out. Operations that are nobody's method: the calls that make them are marked as
 * pure. Namespaces (`export * as linalg`), objects that `__export` fills: made in one expression that is marked so.
 * And what `keepNames` says of function declarations goes, which have their names as it is. Lines stay, so that the
 * source map does.
 */
const shakable: NonNullable<Options['plugins']>[number] = {
  name: 'shakable',
  renderChunk: (code) => ({
    code: code
      .replaceAll(/^ *__name\((\w+), "\1"\);$/gm, '')
      .replaceAll(
        new RegExp(`^var (\\w+) = (?=(?:${builders})\\d*\\()`, 'gm'),
        'var $1 = /* @__PURE__ */ ',
      )
      .replaceAll(new RegExp(`(: |\\()(?=(?:${kinds})\\d*\\()`, 'g'), '$1/* @__PURE__ */ ')
      .replaceAll(/^var (\w+) = \{\};\n__export\(\1, /gm, 'var $1 = /* @__PURE__ */\n__export({}, ')
      .replace(/^(var __export = [^}]*\}\);\n)\};$/m, '$1  return target;\n};'),
  }),
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
