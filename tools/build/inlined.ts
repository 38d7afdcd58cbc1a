/**
 * @file Replaces the names of constant numbers by the numbers: then a table of opcodes or of word positions costs a page
 * nothing, and each use costs about three digits. No bundler does this for the members of an object.
 */
import ts from 'typescript';

/** A number, or a table of numbers by name. */
type Constant = number | ReadonlyMap<string, number>;

/** The value of an expression of numbers and known constants; null if it is not known. */
function valueOf(node: ts.Expression, known: ReadonlyMap<string, Constant>): number | null {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isParenthesizedExpression(node)) return valueOf(node.expression, known);
  if (ts.isIdentifier(node)) {
    const constant = known.get(node.text);
    return typeof constant === 'number' ? constant : null;
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = valueOf(node.operand, known);
    return value === null ? null : -value;
  }
  if (!ts.isBinaryExpression(node)) return null;
  const [a, b] = [valueOf(node.left, known), valueOf(node.right, known)];
  if (a === null || b === null) return null;
  switch (node.operatorToken.kind) {
    case ts.SyntaxKind.BarToken:
      return a | b;
    case ts.SyntaxKind.PlusToken:
      return a + b;
    case ts.SyntaxKind.MinusToken:
      return a - b;
    case ts.SyntaxKind.AsteriskToken:
      return a * b;
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return a ** b;
    default:
      return null;
  }
}

function constantOf(node: ts.Expression, known: ReadonlyMap<string, Constant>): Constant | null {
  if (!ts.isObjectLiteralExpression(node)) return valueOf(node, known);
  const table = new Map<string, number>();
  for (const member of node.properties) {
    if (!ts.isPropertyAssignment(member) || !ts.isIdentifier(member.name)) return null;
    const value = valueOf(member.initializer, known);
    if (value === null) return null;
    table.set(member.name.text, value);
  }
  return table;
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** The names that are declared within functions, and those that are assigned to. */
function otherwiseUsed(file: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const bound = (name: ts.BindingName): void => {
    if (ts.isIdentifier(name)) names.add(name.text);
    else for (const part of name.elements) if (ts.isBindingElement(part)) bound(part.name);
  };
  const target = (node: ts.Expression): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    else if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node))
      target(node.expression);
    // A destructuring assignment: every name in the pattern counts as assigned.
    else if (ts.isArrayLiteralExpression(node) || ts.isObjectLiteralExpression(node))
      for (const [name] of node.getText().matchAll(/[\w$]+/g)) names.add(name);
  };
  const visit = (node: ts.Node, top: boolean): void => {
    if (ts.isVariableDeclaration(node) && !top) bound(node.name);
    else if (ts.isParameter(node)) bound(node.name);
    else if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind))
      target(node.left);
    else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node))
      if (node.operator !== ts.SyntaxKind.MinusToken) target(node.operand);
    if ((ts.isFunctionDeclaration(node) || ts.isClassLike(node)) && node.name !== undefined)
      names.add(node.name.text);
    const inside =
      top &&
      (ts.isSourceFile(node) || ts.isVariableStatement(node) || ts.isVariableDeclarationList(node));
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(file, true);
  return names;
}

/** Longer numbers stay names if they are used more than once, which is shorter. */
const DIGITS = 6;

/** A built file with its constant numbers inlined. */
export function inlined(code: string): string {
  const file = ts.createSourceFile(
    'chunk.js',
    code,
    ts.ScriptTarget.ES2022,
    true,
    ts.ScriptKind.JS,
  );
  const others = otherwiseUsed(file);
  const known = new Map<string, Constant>();
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name) || initializer === undefined || others.has(name.text)) continue;
      const constant = constantOf(initializer, known);
      // By the naming style, a lower-case object may be changed, perhaps in another file.
      if (constant !== null && (typeof constant === 'number' || /^[A-Z]/.test(name.text)))
        known.set(name.text, constant);
    }
  }
  const edits: { readonly from: number; readonly to: number; readonly text: string }[] = [];
  const write = (node: ts.Node, value: number, before = ''): void => {
    if (String(value).length > DIGITS) return;
    const text = value < 0 ? `(${value})` : String(value);
    edits.push({ from: node.getStart(), to: node.end, text: `${before}${text}` });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const table = known.get(node.expression.text);
      const value = typeof table === 'object' ? table.get(node.name.text) : undefined;
      if (value !== undefined) write(node, value);
      return;
    }
    if (ts.isIdentifier(node) && typeof known.get(node.text) === 'number') {
      const { parent } = node;
      const value = known.get(node.text) as number;
      if (ts.isShorthandPropertyAssignment(parent)) write(node, value, `${node.text}: `);
      else if (
        ts.isExpression(node) &&
        !ts.isExportSpecifier(parent) &&
        !(ts.isVariableDeclaration(parent) && parent.name === node) &&
        !(ts.isPropertyAccessExpression(parent) && parent.name === node) &&
        !(
          (ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) &&
          parent.name === node
        ) &&
        !((ts.isMethodDeclaration(parent) || ts.isAccessor(parent)) && parent.name === node) &&
        !(ts.isBindingElement(parent) && parent.initializer !== node)
      )
        write(node, value);
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  let text = code;
  for (const { from, to, text: number } of edits.reverse())
    text = text.slice(0, from) + number + text.slice(to);
  return text;
}
