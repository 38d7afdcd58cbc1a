/** @file How every package is built: ESM and CommonJS with declarations, from its entry points. */
import { defineConfig, type Options } from 'tsup';
import ts from 'typescript';

/**
 * `var name = f(…);` at the start of a line, up to the parenthesis that closes it: on the same line, or at the start of the
 * first line that is not indented.
 */
const made =
  /^var (\w+) = ((?:new )?[\w$.]+\((?:.*|(?:.*[({[])?(?:\n(?:[ \t].*)?)+\n(?=[)}\]]).*)\));$/gm;

/**
 * Tells bundlers what they may leave out. What a file makes when it is loaded, operations and tables of options among it,
 * is made in a function that is marked as pure, so that it goes where nobody uses it, with all that it is made of. So are
 * namespaces (`export * as linalg`), objects that `__export` fills. Lines stay, so that the source map does.
 */
const shakable: NonNullable<Options['plugins']>[number] = {
  name: 'shakable',
  renderChunk(code) {
    const plain = withoutFunctionNames(code)
      .replaceAll(made, 'var $1 = /* @__PURE__ */ (() => $2)();')
      .replaceAll(/^var (\w+) = \{\};\n__export\(\1, /gm, 'var $1 = /* @__PURE__ */\n__export({}, ')
      .replace(/^(var __export = [^}]*\}\);\n)\};$/m, '$1  return target;\n};');
    // CommonJS has `__filename`, and no such thing as `import.meta`.
    return { code: this.format === 'cjs' ? plain.replaceAll('import.meta', '({})') : plain };
  },
};

/**
 * Leaves what `keepNames` does to the classes. A function has a name as it is, and one that is made inside of another would
 * be given it anew at each call.
 */
function withoutFunctionNames(chunk: string): string {
  const code = chunk.replaceAll(/^ *__name\((?!this)\w+, "\w+"\);$/gm, ''); // of a declaration
  const file = ts.createSourceFile('chunk.js', code, ts.ScriptTarget.ES2022);
  let plain = '';
  let end = 0;
  const visit = (node: ts.Node): void => {
    const [named] = ts.isCallExpression(node) ? node.arguments : [];
    const isNaming =
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === '__name';
    if (!isNaming || named === undefined || named.kind === ts.SyntaxKind.ThisKeyword) {
      ts.forEachChild(node, visit);
      return;
    }
    const start = node.getStart(file);
    plain += code.slice(end, start).replace(/\/\* @__PURE__ \*\/ $/, '');
    end = named.getStart(file);
    ts.forEachChild(named, visit);
    plain += code.slice(end, named.end);
    end = node.end;
  };
  visit(file);
  return plain + code.slice(end);
}

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
