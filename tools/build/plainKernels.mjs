/**
 * @file Extracts the plain kernels of autograd's primitives as pieces of JavaScript from its sources: for modules without the
 * framework, where an operation has no compiled kernel. Of a primitive, only the code that its reference needs is extracted.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import ts from 'typescript';

const sources = fileURLToPath(new URL('../../packages/autograd/src/', import.meta.url));

/** Replacements for the builders of operations: they keep only the references of operations without a compiled kernel. */
const BUILDERS = {
  primitive: `(name, { reference, lowering }) {
  if (lowering?.kind === 'reference') ENTERED[name] = reference;
}`,
  unary: '(name, spec) { binary(name, spec); }',
  binary: `(name, { reference, integer = reference }) {
  ENTERED[name] = (inputs, out) => mapElements(inputs[0].dtype === 'int32' ? integer : reference, inputs, out);
}`,
  composite: '() {}',
};
/** The properties that the replacements read; other lowerings name kernels. */
const isRead = (property) =>
  ['reference', 'integer'].includes(property.name?.text) ||
  (property.name?.text === 'lowering' &&
    (ts.isShorthandPropertyAssignment(property) ||
      /^{ kind: "reference" }$/.test(property.initializer.getText())));
/** The other properties of an operation, which use tensors. */
const RULES = new Set(['vjp', 'jvp', 'batch', 'shape', 'derivative', 'dx', 'dy']);

/**
 * Bundles all of autograd into one file. Matrices of doubles do not use the memory of the vector loops here: plain loops give
 * the same bits.
 */
async function bundled() {
  const plugin = {
    name: 'plain',
    setup({ onLoad, onResolve }) {
      // A module that is imported dynamically would turn all code that it shares into lazily initialized code.
      onResolve({ filter: /^\./ }, ({ kind, path }) =>
        kind === 'dynamic-import' ? { path, external: true } : undefined,
      );
      onLoad({ filter: /plain[\\/]doubleLoops\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const contents = text.replace(/^function prepare\(.*?^}$/ms, 'function prepare() {}');
        if (contents === text) throw new Error(`${path} has no function prepare any more`);
        return { contents, loader: 'ts' };
      });
    },
  };
  const { outputFiles } = await build({
    ...{ entryPoints: [`${sources}index.ts`], bundle: true, write: false, treeShaking: false },
    ...{ format: 'esm', target: 'es2022', platform: 'node', charset: 'utf8', logLevel: 'error' },
    plugins: [plugin],
  });
  return outputFiles[0].text;
}

const fileOf = (code) =>
  ts.createSourceFile('bundle.js', code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);

const isFunction = (node) =>
  node !== undefined &&
  (ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node) ||
    node.kind === ts.SyntaxKind.NullKeyword);
const isRule = (property) =>
  RULES.has(property.name?.text) &&
  (ts.isMethodDeclaration(property) || isFunction(property.initializer));

/** The bundle with the builders replaced, and without the properties that the replacements ignore. */
function stripped(code) {
  const file = fileOf(code);
  const edits = [];
  const visit = (node) => {
    const { text: called } = (ts.isCallExpression(node) && node.expression) || {};
    if (called === 'composite') {
      edits.push([node.arguments.pos, node.arguments.end, '']);
      return;
    }
    if (ts.isObjectLiteralExpression(node)) {
      const isSpec = node.parent.arguments?.[1] === node && node.parent.expression.text in BUILDERS;
      const kept = node.properties.filter((property) =>
        isSpec ? isRead(property) : !isRule(property),
      );
      if (kept.length < node.properties.length) {
        const text = kept.map((property) => property.getText()).join(', ');
        edits.push([node.getStart(), node.end, `{ ${text} }`]);
        return;
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const statement of file.statements) {
    const name = ts.isFunctionDeclaration(statement) ? statement.name.text : '';
    if (name in BUILDERS)
      edits.push([statement.getStart(), statement.end, `function ${name}${BUILDERS[name]}`]);
    else visit(statement);
  }
  return edits
    .reverse()
    .reduce((text, [from, to, other]) => text.slice(0, from) + other + text.slice(to), code);
}

/** The top-level statement that declares a name; undefined if it is declared inside another statement. */
function statementOf(declaration) {
  let node = declaration;
  while (
    node &&
    (ts.isBindingElement(node) ||
      ts.isObjectBindingPattern(node) ||
      ts.isArrayBindingPattern(node) ||
      ts.isVariableDeclaration(node) ||
      ts.isVariableDeclarationList(node))
  )
    node = node.parent;
  return node && ts.isStatement(node) && ts.isSourceFile(node.parent) ? node : undefined;
}

/** The declarations of a file in order, and for each the others that it needs. */
function declarationsOf(code) {
  const file = fileOf(code);
  const host = {
    ...ts.createCompilerHost({}),
    getSourceFile: (path) => (path === file.fileName ? file : undefined),
  };
  const options = { allowJs: true, noLib: true, noResolve: true, types: [] };
  const checker = ts.createProgram([file.fileName], options, host).getTypeChecker();
  const statements = file.statements.filter(
    (s) => ts.isVariableStatement(s) || ts.isFunctionDeclaration(s) || ts.isClassDeclaration(s),
  );
  const places = new Map(statements.map((statement, k) => [statement, k]));
  const known = new Map();
  const needs = (k) => {
    if (known.has(k)) return known.get(k);
    const found = new Set();
    const visit = (node) => {
      if (ts.isIdentifier(node)) {
        const symbol = ts.isShorthandPropertyAssignment(node.parent)
          ? checker.getShorthandAssignmentValueSymbol(node.parent)
          : checker.getSymbolAtLocation(node);
        const place = places.get(statementOf(symbol?.valueDeclaration));
        if (place !== undefined && place !== k) found.add(place);
      }
      ts.forEachChild(node, visit);
    };
    visit(statements[k]);
    known.set(k, [...found]);
    return known.get(k);
  };
  return { statements, texts: statements.map((statement) => statement.getText()), needs };
}

/** Code of more characters than this is not a plain kernel: it computes with tensors. */
const MOST = 60_000;

/** A declaration and everything that it needs, in order; null if that is too much code. */
function allOf({ texts, needs }, k) {
  const found = new Set([k]);
  let size = 0;
  for (const place of found) {
    size += texts[place].length;
    if (size > MOST) return null;
    for (const need of needs(place)) found.add(need);
  }
  return [...found].sort((a, b) => a - b);
}

/** Whether a statement declares an operation with a name: `var gcd = integral("gcd", …)`. */
function isNamed(statement) {
  const [first] = statement.declarationList?.declarations ?? [];
  const call = first?.initializer;
  return (
    call !== undefined && ts.isCallExpression(call) && ts.isStringLiteral(call.arguments[0] ?? call)
  );
}

/** The primitives whose kernels these declarations enter in `ENTERED`. */
function enteredBy(texts) {
  try {
    return Object.keys(new Function(`const ENTERED = {};\n${texts.join('\n')}\nreturn ENTERED;`)());
  } catch {
    return []; // They compute with tensors.
  }
}

/**
 * For each primitive the indices of the pieces that lead to its kernel in `ENTERED`, in order; and the pieces.
 */
export async function plainKernels() {
  const all = declarationsOf(stripped(await bundled()));
  const found = new Map();
  all.statements.forEach((statement, k) => {
    const places = isNamed(statement) ? allOf(all, k) : null;
    if (places === null) return;
    for (const name of enteredBy(places.map((place) => all.texts[place])))
      if (!(found.get(name)?.length <= places.length)) found.set(name, places);
  });
  const used = [...new Set([...found.values()].flat())].sort((a, b) => a - b);
  const pieces = await Promise.all(used.map((place) => shortened(all.texts[place])));
  const kernels = [...found].map(([name, places]) => [
    name,
    places.map((place) => used.indexOf(place)),
  ]);
  return { kernels: Object.fromEntries(kernels), pieces };
}

async function shortened(text) {
  const { code } = await transform(text, { minify: true, target: 'es2022', charset: 'utf8' });
  return code.trim();
}

/** The path of the source that is replaced. */
export const plainKernelsFile = 'export/src/module/plainKernels.ts';

/** The text that replaces it. */
export async function plainKernelsText() {
  return `export const plainKernels = ${JSON.stringify(await plainKernels())};\n`;
}
