/**
 * @file Turns a notebook cell into a script: imports become dynamic, so that the cell can run alone, and all later cells can
 * see its declarations.
 */
import ts from 'typescript';

/** The JavaScript of a TypeScript cell: an expression whose value is a promise of the value of the cell's last expression. */
export function cellScript(source: string): string {
  const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ES2022, true);
  const names = file.statements.flatMap(declaredNames);
  // Accessors and not copies: if a later cell assigns a variable, the functions of its own cell see the change.
  const shared = names.map(({ name, constant }) => {
    const set = constant ? '' : `, set: (__value) => { ${name} = __value }`;
    return `Object.defineProperty(globalThis, '${name}', { configurable: true, enumerable: true, get: () => ${name}${set} });`;
  });
  const last = file.statements.at(-1);
  const body = file.statements.map((statement) => {
    if (ts.isImportDeclaration(statement)) return importAsExpression(statement);
    if (statement === last && ts.isExpressionStatement(statement))
      return `${leading(source, statement)}return (${statement.expression.getText()});`;
    return statement.getFullText().replace(/^(\s*)export\s+(?!default)/, '$1');
  });
  const code = `(async () => { 'use strict'; ${shared.join(' ')}\n${body.join('\n')}\n})()`;
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return outputText;
}

const leading = (source: string, node: ts.Node): string =>
  source.slice(node.getFullStart(), node.getStart());

interface Declared {
  readonly name: string;
  readonly constant: boolean;
}

function declaredNames(statement: ts.Statement): Declared[] {
  if (ts.isVariableStatement(statement)) {
    const constant = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
    return statement.declarationList.declarations.flatMap(({ name }) =>
      boundNames(name).map((bound) => ({ name: bound, constant })),
    );
  }
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
    return statement.name ? [{ name: statement.name.text, constant: true }] : [];
  if (ts.isEnumDeclaration(statement)) return [{ name: statement.name.text, constant: true }];
  if (ts.isImportDeclaration(statement))
    return importedNames(statement).map(([, name]) => ({ name, constant: true }));
  return [];
}

/** The variables of `x`, `{ a, b: [c] }`, `[d, ...e]`. */
function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : boundNames(element.name),
  );
}

/** Pairs of an exported name and its variable; `*` means the module itself. Types are left out. */
function importedNames({ importClause: clause }: ts.ImportDeclaration): [string, string][] {
  if (clause === undefined || clause.isTypeOnly) return [];
  const names: [string, string][] = clause.name ? [['default', clause.name.text]] : [];
  const bindings = clause.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) names.push(['*', bindings.name.text]);
  if (bindings && ts.isNamedImports(bindings)) {
    for (const { isTypeOnly, propertyName, name } of bindings.elements)
      if (!isTypeOnly) names.push([(propertyName ?? name).text, name.text]);
  }
  return names;
}

function importAsExpression(statement: ts.ImportDeclaration): string {
  if (statement.importClause?.isTypeOnly) return '';
  const loaded = `await import(${statement.moduleSpecifier.getText()})`;
  const names = importedNames(statement);
  if (names.length === 0) return `${loaded};`;
  const namespace = names.find(([exported]) => exported === '*')?.[1];
  if (namespace !== undefined) return `const ${namespace} = ${loaded};`;
  return `const { ${names.map(([exported, name]) => `${exported}: ${name}`).join(', ')} } = ${loaded};`;
}
