/**
 * @file Writes the declarations of a package, `dist/types/**`, one file for each source that an entry point reaches, so that
 * docstrings and namespaces stay as written. There are two copies, as ES modules and CommonJS each need their own.
 * Declarations marked `@internal` are left out, the methods of `Tensor` get the docstrings of the functions of the same
 * names, and typed arrays are written in a form that TypeScript before 5.7 also reads. Usage: node
 * tools/build/declarations.mjs PACKAGE. Other packages are compiled against the declarations of their dependencies.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { shake } from './shakeDeclarations.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The names of a package's entry points and their sources, from `exports` in its package.json. */
export function entryPoints(folder) {
  const { name: packageName, exports } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  return Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([key]) => {
      const name = key === '.' ? 'index' : key.slice(2);
      const [source] = config.compilerOptions.paths[`${packageName}${key.slice(1)}`] ?? [];
      if (source === undefined)
        throw new Error(
          `tsconfig.base.json: paths names no source for ${packageName}${key.slice(1)}`,
        );
      return { name, source: join(root, source) };
    });
}

function programOf(sources) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  return ts.createProgram(sources, {
    ...options,
    // Not the sources of other packages, but their published declarations.
    paths: {},
    noEmit: false,
    sourceMap: false,
    emitDeclarationOnly: true,
    stripInternal: true,
  });
}

/** The first docstring of a symbol, as written. */
function docstring(symbol, checker) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  for (const declaration of target.declarations ?? []) {
    const [doc] = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc);
    if (doc !== undefined) return doc.getText();
  }
  return undefined;
}

/**
 * For each interface of methods, the docstrings of its members, taken from functions of the same file or else of the package.
 */
function methodDocs(program, index) {
  const checker = program.getTypeChecker();
  const everything = checker.getExportsOfModule(
    checker.getSymbolAtLocation(program.getSourceFile(index)),
  );
  const functions = new Map(everything.map((symbol) => [symbol.name, symbol]));
  const docs = new Map();
  const tensor = functions.get('Tensor');
  if (tensor === undefined) return docs;
  for (const method of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(tensor))) {
    for (const declaration of method.declarations ?? []) {
      const owner = declaration.parent;
      if (!ts.isInterfaceDeclaration(owner) || ts.getJSDocCommentsAndTags(declaration).length > 0)
        continue;
      const own = checker
        .getExportsOfModule(checker.getSymbolAtLocation(owner.getSourceFile()))
        .find(({ name }) => name === method.name);
      const doc = [own, functions.get(method.name)]
        .flatMap((symbol) => (symbol === undefined ? [] : [docstring(symbol, checker)]))
        .find((text) => text !== undefined);
      if (doc !== undefined) docs.set(`${owner.name.text}.${method.name}`, doc);
    }
  }
  return docs;
}

/** The declarations, with docstrings inserted before members that have none. */
function documented(text, docs) {
  if (!text.includes('Methods')) return text;
  const file = ts.createSourceFile('file.d.ts', text, ts.ScriptTarget.ES2022, true);
  const insertions = [];
  for (const statement of file.statements.filter(ts.isInterfaceDeclaration)) {
    const seen = new Set();
    for (const member of statement.members) {
      const name = member.name?.getText();
      const doc = docs.get(`${statement.name.text}.${name}`);
      // Of several overloads, the first.
      if (doc === undefined || seen.has(name)) continue;
      seen.add(name);
      insertions.push({ at: member.getStart(), doc: doc.replace(/\n\s*/g, '\n     ') });
    }
  }
  for (const { at, doc } of insertions.reverse())
    text = `${text.slice(0, at)}${doc}\n    ${text.slice(at)}`;
  return text;
}

/** The result type of `slice`: the same type, which has no type argument before TypeScript 5.7. */
const ownArrays = (text) =>
  text
    .replace(/\b(\w+Array)<ArrayBuffer>/g, "ReturnType<$1['slice']>")
    .replace(/\b(\w+Array)<ArrayBufferLike>/g, '$1');

const specifier = /(from\s+|import\(|import\s+)(['"])(\.[^'"]*)\.js\2/g;

export function declare(name) {
  const folder = join(root, 'packages', name);
  const entries = entryPoints(folder);
  const program = programOf(entries.map(({ source }) => source));
  const problems = [...program.getOptionsDiagnostics(), ...program.getSemanticDiagnostics()];
  if (problems.length > 0) {
    const host = {
      getCanonicalFileName: (f) => f,
      getCurrentDirectory: () => root,
      getNewLine: () => '\n',
    };
    throw new Error(ts.formatDiagnostics(problems, host));
  }
  const from = join(folder, 'src');
  const docs = methodDocs(program, join(from, 'index.ts'));
  const files = new Map();
  program.emit(undefined, (path, text) => {
    const within = relative(from, path);
    if (!within.startsWith('..')) files.set(within, ownArrays(documented(text, docs)));
  });
  const pathOf = (source) => relative(from, source).replace(/\.ts$/, '.d.ts');
  const dist = join(folder, 'dist');
  rmSync(join(dist, 'types'), { recursive: true, force: true });
  const write = (path, text) => {
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    writeFileSync(join(dist, path), text);
    const commonJs = text.replace(specifier, '$1$2$3.cjs$2');
    writeFileSync(join(dist, path.replace(/\.ts$/, '.cts')), commonJs);
  };
  const reached = shake(
    files,
    entries.map(({ source }) => pathOf(source)),
  );
  for (const [path, text] of reached) write(join('types', path), text);
  for (const { name: entry, source } of entries)
    write(
      `${entry}.d.ts`,
      // An entry that is imported only for its effects has no declarations of its own.
      reached.has(pathOf(source))
        ? `export * from './types/${pathOf(source).replace(/\.d\.ts$/, '.js')}';\n`
        : 'export {};\n',
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of process.argv.slice(2)) declare(name);
}
