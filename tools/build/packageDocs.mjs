/**
 * @file Writes the documents that are installed with a package: `AGENTS.md`, `llms.txt` with every name, and `llms-full.txt`
 * with every signature and docstring, made from the declarations. Part of a build; not in the repository.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { entryPoints } from './declarations.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Every export of a declaration file with its name, signature and docstring; exports of namespaces are listed under their
 * names.
 */
function exportsOf(program, file) {
  const checker = program.getTypeChecker();
  const found = [];
  const visit = (symbol, prefix) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const name = prefix + symbol.name;
    if (target.flags & ts.SymbolFlags.ValueModule) {
      for (const inner of checker.getExportsOfModule(target)) visit(inner, `${name}.`);
      return;
    }
    const declarations = (target.declarations ?? []).map((declaration) =>
      ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration,
    );
    found.push({
      name,
      // A comment before the first declaration may be about the file.
      text: declarations
        .map((declaration) =>
          declaration
            .getFullText()
            .trim()
            .replace(/^\/\*\* @file [^]*?\*\/\s*/, ''),
        )
        .join('\n'),
    });
  };
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  for (const symbol of checker.getExportsOfModule(module)) visit(symbol, '');
  return found;
}

/** The sentences at the head of an entry point. */
function aboutFile(text) {
  const [, about = ''] = /^\/\*\*\s*(?:\*\s*)?@file\s([\s\S]*?)\*\//.exec(text) ?? [];
  return about.replace(/\n[ \t]*\*[ \t]?/g, '\n').trim();
}

export function writePackageDocs(name) {
  const folder = join(root, 'packages', name);
  const { description } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = entryPoints(folder).map(({ name: entry, source }) => ({
    source,
    specifier: `@chainrule/${name}${entry === 'index' ? '' : `/${entry}`}`,
    file: join(folder, 'dist', `${entry}.d.ts`),
  }));
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    {
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      module: ts.ModuleKind.ESNext,
      skipLibCheck: true,
      types: [],
    },
  );
  const surfaces = entries
    .filter(({ specifier }) => !specifier.endsWith('/internal'))
    .map(({ specifier, file, source }) => ({
      specifier,
      about: aboutFile(readFileSync(source, 'utf8')),
      found: exportsOf(program, file),
    }));
  // What an entry point exports again is told once.
  const [{ specifier: main, found: all }] = surfaces;
  const key = ({ name, text }) => `${name} ${text}`;
  const inNamespaces = new Set(all.map(({ name }) => name));
  for (const surface of surfaces.slice(1)) {
    const space = surface.specifier.split('/').at(-1);
    const inSpace = surface.found.filter(({ name }) => inNamespaces.has(`${space}.${name}`));
    if (inSpace.length > 0 && inSpace.length === surface.found.length) {
      surface.about += ` The functions of \`${space}\`, by their own names.`;
      surface.found = [];
      continue;
    }
    const [inMain, inEntry] = [all, surface.found].map((found) => new Set(found.map(key)));
    surface.found = surface.found.filter((item) => !inMain.has(key(item)));
    const listed = (items) => items.map((item) => item.name).join(' ');
    const again = all.filter((item) => inEntry.has(key(item)));
    const missing = all.filter((item) => !inEntry.has(key(item)));
    if (again.length > missing.length)
      surface.about += ` It exports the names of \`${main}\`, except ${listed(missing)}.`;
    else if (again.length > 0) surface.about += ` Also in \`${main}\`: ${listed(again)}.`;
  }
  const head = `# @chainrule/${name}\n\n> ${description}\n`;
  const names = surfaces.map(({ specifier, about, found }) =>
    [`## ${specifier}`, about, found.map((item) => item.name).join(' ')]
      .filter((part) => part !== '')
      .join('\n\n')
      .concat('\n'),
  );
  const links = [
    '- [Common mistakes, and the rules that avoid them](AGENTS.md)',
    '- [README](README.md)',
    '- [Every signature and docstring](llms-full.txt)',
  ];
  writeFileSync(join(folder, 'llms.txt'), [head, `${links.join('\n')}\n`, ...names].join('\n'));
  const agents = readFileSync(join(root, 'docs', 'AGENTS.md'), 'utf8');
  const signatures = surfaces.map(
    ({ specifier, about, found }) =>
      `# ${specifier}\n\n${about}\n\n${found.map((item) => `## ${item.name}\n\n\`\`\`ts\n${item.text}\n\`\`\`\n`).join('\n')}`,
  );
  writeFileSync(join(folder, 'llms-full.txt'), [head, agents, ...signatures].join('\n'));
  copyFileSync(join(root, 'docs', 'AGENTS.md'), join(folder, 'AGENTS.md'));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.argv.slice(2).forEach(writePackageDocs);
