/**
 * @file Checks the declarations that editors show: every export, member, option and field has a docstring, nothing internal
 * is declared, and the declarations compile without `skipLibCheck`. After a build. `--list` names what is missing.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { entryPoints } from '../build/declarations.mjs';

const { values } = parseArgs({ options: { list: { type: 'boolean', default: false } } });
const packages = fileURLToPath(new URL('../../packages/', import.meta.url));
const names = readdirSync(packages).filter((name) =>
  existsSync(join(packages, name, 'tsup.config.ts')),
);

const entries = names.flatMap((name) =>
  entryPoints(join(packages, name))
    // The entry for tools and tests of this repository.
    .filter((entry) => entry.name !== 'internal')
    .map((entry) => ({
      specifier: `@chainrule/${name}${entry.name === 'index' ? '' : `/${entry.name}`}`,
      file: join(packages, name, 'dist', `${entry.name}.d.ts`),
    })),
);
const program = ts.createProgram(
  entries.map(({ file }) => file),
  {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    noEmit: true,
    types: ['node'],
    skipLibCheck: false,
    skipDefaultLibCheck: true,
  },
);
const checker = program.getTypeChecker();
const ours = (declaration) => declaration.getSourceFile().fileName.startsWith(packages);

/** The docstring that a hover shows under the signature. */
const isDocumented = (symbol) =>
  symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0;

/** The members of a class, interface or object type that users write or read, including inherited ones. */
function members(symbol) {
  if (
    !(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias))
  )
    return [];
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const parts = type.isUnion() ? type.types : [type];
  const properties = parts
    .filter((part) => part.flags & ts.TypeFlags.Object)
    .flatMap((part) => checker.getPropertiesOfType(part));
  const constructor = symbol.valueDeclaration && checker.getTypeOfSymbol(symbol);
  const statics = constructor ? checker.getPropertiesOfType(constructor) : [];
  return [...properties, ...statics].filter(
    (member) =>
      !member.name.startsWith('__') &&
      member.name !== 'prototype' &&
      member.declarations?.some(
        (declaration) => ours(declaration) && !ts.isParameter(declaration),
      ) &&
      // Protected members are not for users of a class.
      !member.declarations.some(
        (declaration) =>
          ts.getCombinedModifierFlags(declaration) &
          ts.ModifierFlags.NonPublicAccessibilityModifier,
      ),
  );
}

const seen = new Set();
const missing = [];
const counts = { exports: 0, members: 0 };

function visit(symbol, path) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  if (seen.has(target)) return;
  seen.add(target);
  if (!target.declarations?.some(ours)) return;
  if (target.flags & ts.SymbolFlags.ValueModule) {
    for (const inner of checker.getExportsOfModule(target)) visit(inner, `${path}.${inner.name}`);
    return;
  }
  counts.exports++;
  if (!isDocumented(target)) missing.push(path);
  for (const member of members(target)) {
    // An inherited member has only one declaration.
    const [declaration] = member.declarations;
    if (seen.has(declaration)) continue;
    seen.add(declaration);
    counts.members++;
    const owner = declaration.parent.name?.text ?? symbol.name;
    if (!isDocumented(member)) missing.push(`${path.replace(/\w+$/, owner)}.${member.name}`);
  }
}

const rows = [];
for (const { specifier, file } of entries) {
  const before = { ...counts, missing: missing.length };
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  for (const symbol of checker.getExportsOfModule(module))
    visit(symbol, `${specifier}: ${symbol.name}`);
  rows.push({
    entry: specifier,
    exports: counts.exports - before.exports,
    members: counts.members - before.members,
    missing: missing.length - before.missing,
  });
}
for (const { entry, ...row } of rows)
  console.log(
    `${entry.padEnd(30)} ${Object.entries(row)
      .map(([name, count]) => `${String(count).padStart(5)} ${name}`)
      .join(' ')}`,
  );
if (values.list) console.log(missing.join('\n'));
else if (missing.length > 0)
  console.log(`Without a docstring: ${missing.slice(0, 20).join(', ')} …`);

const problems = program
  .getSourceFiles()
  .filter(({ fileName }) => fileName.startsWith(packages))
  .flatMap((source) => [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ]);
for (const { file, start, messageText } of problems.slice(0, 30)) {
  const { line } = file.getLineAndCharacterOfPosition(start);
  console.log(
    `${file.fileName.slice(packages.length)}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
  );
}
if (problems.length > 0 || missing.length > 0) process.exitCode = 1;
