/**
 * @file Removes from declaration files everything that no entry point can reach, so that a user's compiler reads only what
 * users can use (and needs no types of Node). Names are resolved textually: everything that a name could refer to is kept.
 */
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** One file: its statements by name, and the origins of imported names. */
class File {
  constructor(path, text) {
    this.path = path;
    this.source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    this.locals = new Map();
    this.imports = new Map();
    /** Statements, and single names of imports and exports, that are kept. */
    this.kept = new Set();
    for (const statement of this.source.statements) this.#read(statement);
  }

  #read(statement) {
    if (ts.isImportDeclaration(statement)) {
      const bindings = statement.importClause?.namedBindings;
      // An import for its effects declares nothing.
      if (bindings === undefined) return;
      if (ts.isNamespaceImport(bindings))
        this.imports.set(bindings.name.text, { statement, name: '*', element: bindings });
      else
        for (const element of bindings.elements)
          this.imports.set(element.name.text, {
            statement,
            name: (element.propertyName ?? element.name).text,
            element,
          });
    } else if (!ts.isExportDeclaration(statement)) {
      const names = ts.isVariableStatement(statement)
        ? statement.declarationList.declarations.map(({ name }) => name.text)
        : [statement.name?.text ?? ''];
      for (const name of names) {
        if (!this.locals.has(name)) this.locals.set(name, []);
        this.locals.get(name).push(statement);
      }
    }
  }

  get exports() {
    return this.source.statements.filter(ts.isExportDeclaration);
  }

  isExported(statement) {
    return (ts.getModifiers(statement) ?? []).some(
      ({ kind }) => kind === ts.SyntaxKind.ExportKeyword,
    );
  }

  /** The text of the kept parts. */
  print() {
    const clause = (elements) =>
      elements
        .filter((element) => this.kept.has(element))
        .map((element) => element.getText())
        .join(', ');
    const parts = this.source.statements.flatMap((statement) => {
      if (!this.kept.has(statement)) return [];
      const bindings = ts.isImportDeclaration(statement)
        ? statement.importClause?.namedBindings
        : ts.isExportDeclaration(statement) && statement.exportClause;
      if (!bindings || !(ts.isNamedImports(bindings) || ts.isNamedExports(bindings)))
        return [statement.getFullText()];
      const whole = statement.getFullText();
      const from = bindings.getStart() - statement.getFullStart();
      return [
        `${whole.slice(0, from)}{ ${clause(bindings.elements)} }${whole.slice(from + bindings.getWidth())}`,
      ];
    });
    // Without an import or export it would be a script.
    return `${parts.join('').trim()}\nexport {};\n`;
  }
}

const PROPERTY_OWNERS = new Set([
  ts.SyntaxKind.PropertySignature,
  ts.SyntaxKind.MethodSignature,
  ts.SyntaxKind.PropertyDeclaration,
  ts.SyntaxKind.MethodDeclaration,
  ts.SyntaxKind.GetAccessor,
  ts.SyntaxKind.SetAccessor,
  ts.SyntaxKind.Parameter,
]);

/**
 * @param texts declaration files by path @param entries the paths of the entry points
 * @returns the files that are reached, with the parts that are reached in them
 */
export function shake(texts, entries) {
  const files = new Map(Array.from(texts, ([path, text]) => [path, new File(path, text)]));
  const target = (file, specifier) =>
    specifier?.startsWith('.')
      ? files.get(join(dirname(file.path), specifier).replace(/\.js$/, '.d.ts'))
      : undefined;
  const done = new Set();

  function names(file, seen = new Set()) {
    if (file === undefined || seen.has(file)) return [];
    seen.add(file);
    const own = [...file.locals].filter(([, all]) => all.some((s) => file.isExported(s)));
    const others = file.exports.flatMap(({ exportClause, moduleSpecifier }) => {
      if (exportClause === undefined) return names(target(file, moduleSpecifier.text), seen);
      if (ts.isNamespaceExport(exportClause)) return [exportClause.name.text];
      return exportClause.elements.map(({ name }) => name.text);
    });
    return [...own.map(([name]) => name), ...others];
  }

  /** Keeps what `name` refers to for importers of `file`. */
  function need(file, name) {
    if (file === undefined) return;
    if (name === '*') return names(file).forEach((each) => need(file, each));
    const key = `${file.path} ${name}`;
    if (done.has(key)) return;
    done.add(key);
    if (file.locals.get(name)?.some((statement) => file.isExported(statement))) keep(file, name);
    for (const statement of file.exports) {
      const { exportClause, moduleSpecifier } = statement;
      const from = target(file, moduleSpecifier?.text);
      if (exportClause === undefined) {
        if (!names(from).includes(name)) continue;
        file.kept.add(statement);
        need(from, name);
      } else if (ts.isNamespaceExport(exportClause)) {
        if (exportClause.name.text !== name) continue;
        file.kept.add(statement);
        need(from, '*');
      } else {
        for (const element of exportClause.elements.filter((e) => e.name.text === name)) {
          file.kept.add(statement).add(element);
          const inner = (element.propertyName ?? element.name).text;
          if (moduleSpecifier === undefined) keep(file, inner);
          else need(from, inner);
        }
      }
    }
  }

  /** Keeps what `name` refers to within `file`. */
  function keep(file, name) {
    const key = `${file.path}: ${name}`;
    if (done.has(key)) return;
    done.add(key);
    const imported = file.imports.get(name);
    if (imported !== undefined) {
      file.kept.add(imported.statement).add(imported.element);
      need(target(file, imported.statement.moduleSpecifier.text), imported.name);
    }
    for (const statement of file.locals.get(name) ?? []) {
      file.kept.add(statement);
      mentioned(file, statement);
    }
  }

  function mentioned(file, node) {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      if (!(PROPERTY_OWNERS.has(parent.kind) && parent.name === node)) keep(file, node.text);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      let first = node.qualifier;
      while (first && ts.isQualifiedName(first)) first = first.left;
      need(target(file, node.argument.literal.text), first?.text ?? '*');
    }
    ts.forEachChild(node, (child) => mentioned(file, child));
  }

  for (const path of entries) need(files.get(path), '*');
  return new Map(
    [...files.values()]
      .filter(({ kept }) => kept.size > 0)
      .map((file) => [file.path, file.print()]),
  );
}
