/**
 * @file Short names for the fields and methods of rooms that nothing outside looks into: minifiers shorten variables, not properties.
 * A name is kept if any source outside of the rooms has such a property, or any source at all has it as text.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const libraries = dirname(fileURLToPath(import.meta.resolve('typescript')));

/** What the platform calls its own: libraries of TypeScript, and the modules of Node.js that rooms may use. */
function platformNames(): string[] {
  const paths = [
    ...readdirSync(libraries)
      .filter((name) => /^lib\.(dom|webworker|es).*\.d\.ts$/.test(name))
      .map((name) => join(libraries, name)),
    ...['worker_threads', 'fs', 'process', 'os'].map((name) =>
      join(root, `node_modules/@types/node/${name}.d.ts`),
    ),
  ];
  return paths.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/([\w$]+)\??[(:<]/g)].map(([, name]) => name as string),
  );
}

/** Whether an identifier is the name of a property, where it is declared, given or used. */
function namesProperty(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isBindingElement(parent))
    return ts.isObjectBindingPattern(parent.parent) && parent.initializer !== node;
  return (
    (ts.isPropertyAccessExpression(parent) ||
      ts.isPropertyAssignment(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isAccessor(parent) ||
      ts.isQualifiedName(parent)) &&
    (parent as { readonly name?: ts.Node }).name === node
  );
}

function isExported(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
  );
}

interface Words {
  /** How often each is the name of a property. */
  readonly properties: Map<string, number>;
  /** Texts that could name one, words of lists of such, and what is exported. */
  readonly texts: Set<string>;
}

function wordsOf(paths: readonly string[]): Words {
  const words: Words = { properties: new Map(), texts: new Set() };
  const visit = (node: ts.Node): void => {
    if (isExported(node)) {
      // Of a module that is taken as an object, as by `import()`, a property.
      const { name } = node as ts.DeclarationStatement;
      if (name !== undefined && ts.isIdentifier(name)) words.texts.add(name.text);
      else if (ts.isVariableStatement(node))
        for (const { name } of node.declarationList.declarations) words.texts.add(name.getText());
    }
    if (ts.isIdentifier(node)) {
      if (namesProperty(node))
        words.properties.set(node.text, (words.properties.get(node.text) ?? 0) + 1);
    } else if (ts.isStringLiteralLike(node) && /^[\w$ ]*$/.test(node.text)) {
      for (const word of node.text.split(' ')) words.texts.add(word);
    }
    ts.forEachChild(node, visit);
  };
  for (const path of paths)
    visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true));
  return words;
}

/** `a`, `b`, … `aa`, … without those that are names of something already. */
function* shortNames(taken: ReadonlySet<string>): Generator<string, never> {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  for (let i = 0; ; i++) {
    const name =
      i < letters.length
        ? letters.charAt(i)
        : letters.charAt(Math.floor(i / letters.length) - 1) + letters.charAt(i % letters.length);
    if (!taken.has(name)) yield name;
  }
}

/** Sources below a folder of the repository. */
function sourcesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|mjs)$/.test(path) && !/\.test\.ts$|node_modules|dist/.test(path))
    .map((path) => join(folder, path));
}

/**
 * The short names, for esbuild's `mangleCache`: those used most are shortest. The same for every format and entry point.
 *
 * @param rooms folders, and files in them that are read from outside, which begin with an exclamation mark.
 */
export function mangled(rooms: readonly string[]): Record<string, string> {
  const isWithin = (path: string): boolean =>
    rooms.some((room) => path.startsWith(room)) && !rooms.includes(`!${path}`);
  const sources = ['packages', 'tools', 'bench'].flatMap(sourcesOf).sort();
  const absolute = (paths: readonly string[]): string[] => paths.map((path) => join(root, path));
  const within = wordsOf(absolute(sources.filter(isWithin)));
  const outside = sources.filter((path) => !isWithin(path) && !path.includes('/test/'));
  const others = wordsOf(absolute(outside));
  const kept = new Set([
    ...[...within.texts, ...others.texts, ...others.properties.keys(), ...platformNames()],
    ...['constructor', 'prototype', 'name', 'static'],
  ]);
  const names = [...within.properties]
    .filter(([name]) => name.length > 2 && !kept.has(name))
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const short = shortNames(new Set([...kept, ...within.properties.keys()]));
  return Object.fromEntries(names.map(([name]) => [name, short.next().value]));
}
