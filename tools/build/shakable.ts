/**
 * @file Marks the parts of a built file that bundlers may leave out. Values that a file creates when it is loaded
 * (operations, tables of options, namespaces) are created in functions marked as pure, so that they disappear if nobody uses
 * them, together with everything they use. Of the names that `keepNames` keeps, those of classes that users see remain, as a
 * field.
 */
import ts from 'typescript';

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const PURE = '/* @__PURE__ */';

/** The arguments of a call of `name`, else null. */
function argumentsOf(node: ts.Node, name: string): readonly ts.Expression[] | null {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return null;
  return node.expression.text === name ? node.arguments : null;
}

/** `static { __name(this, "Linear"); }`: the name as written, else null. */
function nameBlock(node: ts.Node): string | null {
  if (!ts.isClassStaticBlockDeclaration(node) || node.body.statements.length !== 1) return null;
  const [only] = node.body.statements;
  const given =
    only && ts.isExpressionStatement(only) ? argumentsOf(only.expression, '__name') : null;
  return given?.[0]?.kind === ts.SyntaxKind.ThisKeyword ? (given[1]?.getText() ?? null) : null;
}

/** Whether an arrow function may be in this position without parentheses. */
function standsBare({ parent }: ts.Node): boolean {
  return (
    ts.isVariableDeclaration(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isPropertyDeclaration(parent) ||
    (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken)
  );
}

/**
 * `x;` in a class whose constructor assigns `this.x` in any case, without calling another constructor: the field exists
 * without the declaration, and is not first undefined and then a number.
 */
function isDeclaredOnly(node: ts.Node): boolean {
  if (!ts.isPropertyDeclaration(node) || node.initializer !== undefined || node.modifiers)
    return false;
  if (!ts.isIdentifier(node.name) || !ts.isClassLike(node.parent)) return false;
  const { text } = node.name;
  return node.parent.members.some(
    (member) =>
      ts.isConstructorDeclaration(member) &&
      member.body?.statements.some(
        (statement) =>
          ts.isExpressionStatement(statement) &&
          ts.isBinaryExpression(statement.expression) &&
          statement.expression.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
          ts.isPropertyAccessExpression(statement.expression.left) &&
          statement.expression.left.expression.kind === ts.SyntaxKind.ThisKeyword &&
          statement.expression.left.name.text === text,
      ),
  );
}

/** Removes the calls that `keepNames` adds in a statement: functions lose them, classes get a field instead. */
function names(node: ts.Node, edits: Edit[], kept: 'field' | 'block' | 'none'): void {
  if (isDeclaredOnly(node)) {
    edits.push({ from: node.getFullStart(), to: node.end, text: '' });
    return;
  }
  const block = nameBlock(node);
  if (block !== null) {
    if (kept === 'block') return;
    const text = kept === 'field' ? `static name = ${block};` : '';
    edits.push({ from: node.getStart(), to: node.end, text });
    return;
  }
  const [named, name] = argumentsOf(node, '__name') ?? [];
  if (named !== undefined && name !== undefined && named.kind !== ts.SyntaxKind.ThisKeyword) {
    const start = node.getStart();
    const before = node.getSourceFile().text.slice(node.getFullStart(), start);
    const from = before.trimEnd().endsWith(PURE)
      ? start - (before.length - before.lastIndexOf(PURE))
      : start;
    // V8 assumes that a function in parentheses is called immediately, and compiles it when the file is loaded.
    const bare = standsBare(node);
    edits.push(
      { from, to: named.getStart(), text: bare ? '' : '(' },
      { from: named.end, to: node.end, text: bare ? '' : ')' },
    );
    names(named, edits, kept);
    return;
  }
  ts.forEachChild(node, (child) => names(child, edits, kept));
}

/**
 * Whether creating a value may run code, as far as a bundler can tell: a call, but also reading a property, spreading or
 * computing, which could call a getter or `valueOf`. Code inside functions runs later. If `calls` is given, calls of functions
 * by name do not count, and are added to it.
 */
function runs(node: ts.Node, calls: ts.Node[] | null = null): boolean {
  if (ts.isFunctionExpression(node) || ts.isArrowFunction(node)) return false;
  if (argumentsOf(node, '__name') !== null) return false;
  if (ts.isMethodDeclaration(node) || ts.isAccessor(node) || ts.isConstructorDeclaration(node))
    return ts.isComputedPropertyName(node.name ?? node) && runs(node.name as ts.Node);
  if (ts.isPropertyDeclaration(node) && node.modifiers === undefined) return false; // a field of instances
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    if (calls === null || !ts.isIdentifier(node.expression)) return true;
    calls.push(node);
  }
  return (
    ts.isPropertyAccessExpression(node) ||
    ts.isElementAccessExpression(node) ||
    ts.isSpreadAssignment(node) ||
    ts.isSpreadElement(node) ||
    ts.isBinaryExpression(node) ||
    ts.isTemplateExpression(node) ||
    (ts.forEachChild(node, (child) => runs(child, calls) || undefined) ?? false)
  );
}

/** Whether a call is marked already. */
function isMarked(call: ts.Node): boolean {
  const { text } = call.getSourceFile();
  return text.slice(call.getFullStart(), call.getStart()).trimEnd().endsWith(PURE);
}

/** Marks a value that is created when the file is loaded. */
function made(declaration: ts.VariableDeclaration, edits: Edit[]): void {
  const { name, initializer } = declaration;
  if (initializer === undefined) return;
  const isCall = ts.isCallExpression(initializer) || ts.isNewExpression(initializer);
  if (ts.isIdentifier(name)) {
    if (!runs(initializer)) return;
    const calls: ts.Node[] = [];
    if (!runs(initializer, calls)) {
      for (const call of calls)
        if (!isMarked(call))
          edits.push({ from: call.getStart(), to: call.getStart(), text: `${PURE} ` });
      return;
    }
    // V8 compiles such a function and calls it once, which takes longer than marked calls.
    const [from, to] = [initializer.getStart(), initializer.end];
    edits.push({ from, to: from, text: `${PURE} (() => (` }, { from: to, to, text: '))()' });
  } else if (
    ts.isObjectBindingPattern(name) &&
    (ts.isIdentifier(initializer) || (isCall && !initializer.getText().includes('__name(')))
  ) {
    // Destructuring could run code, as far as a bundler can tell; reading the names one by one is pure.
    const whole = `${name.elements.map((element) => element.name.getText()).join('_')}_made`;
    const parts = name.elements.map((element) => {
      const key = (element.propertyName ?? element.name).getText();
      return `${element.name.getText()} = ${PURE} (() => ${whole}.${key})()`;
    });
    const text = [`${whole} = ${PURE} (() => ${initializer.getText()})()`, ...parts].join(',\n  ');
    edits.push({ from: declaration.getStart(), to: declaration.end, text });
  }
}

/** The source file that a statement of a built file comes from. */
function sourceOf(statement: ts.Statement): string {
  const { text } = statement.getSourceFile();
  const at = text.lastIndexOf('\n// src/', statement.getStart());
  return at < 0 ? '' : text.slice(at + 4, text.indexOf('\n', at + 1));
}

/**
 * @param fields whether names of classes become fields; a CommonJS writer would turn them into assignments.
 * @param unnamed folders whose classes no user sees: their names may be dropped.
 */
export function shakable(code: string, fields: boolean, unnamed: readonly string[] = []): string {
  const file = ts.createSourceFile(
    'chunk.js',
    code,
    ts.ScriptTarget.ES2022,
    true,
    ts.ScriptKind.JS,
  );
  const edits: Edit[] = [];
  file.statements.forEach((statement, i) => {
    if (ts.isExpressionStatement(statement)) {
      // `__name(f, "f")` of a function declaration, which already has that name.
      if (argumentsOf(statement.expression, '__name') !== null) {
        edits.push({ from: statement.getFullStart(), to: statement.end, text: '' });
        return;
      }
      // `var linalg = {}; __export(linalg, { … })`: a namespace.
      const [space, members] = argumentsOf(statement.expression, '__export') ?? [];
      const before = file.statements[i - 1];
      if (
        space !== undefined &&
        members !== undefined &&
        before?.getText() === `var ${space.getText()} = {};`
      )
        edits.push({
          from: before.getStart(),
          to: members.getStart(),
          text: `var ${space.getText()} = ${PURE} __export({}, `,
        });
    }
    const source = sourceOf(statement);
    const isUnnamed = unnamed.some((folder) => source.startsWith(folder));
    names(statement, edits, isUnnamed ? 'none' : fields ? 'field' : 'block');
    if (ts.isVariableStatement(statement))
      for (const declaration of statement.declarationList.declarations) made(declaration, edits);
  });
  let text = code;
  // From the end; edits at the same position keep their order.
  const order = edits
    .map((edit, i) => ({ ...edit, i }))
    .sort((a, b) => b.from - a.from || b.i - a.i);
  for (const { from, to, text: inserted } of order)
    text = text.slice(0, from) + inserted + text.slice(to);
  text = text.replace(/^(var __export = \((\w+)[^}]*\}\);\n)\};$/m, '$1  return $2;\n};');
  // Without the names, the import of the helper is unused: a file that imported nothing else now stands alone.
  const onlyName = /^import \{\s*__name\s*\} from "[^"]*";\n/m;
  return /\b__name\(/.test(text) ? text : text.replace(onlyName, '');
}
