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

export function writePackageDocs(name) {
  const folder = join(root, 'packages', name);
  const { description } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = entryPoints(folder).map(({ name: entry }) => ({
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
    .map(({ specifier, file }) => ({ specifier, found: exportsOf(program, file) }));
  const listed = new Set(surfaces[0].found.map((item) => item.name));
  /** The namespace of the main entry point that an entry point is; null if it is none. */
  const namespaceOf = ({ specifier, found }) => {
    const space = specifier.split('/').at(-1);
    return found.every((item) => listed.has(`${space}.${item.name}`)) ? space : null;
  };
  const head = `# @chainrule/${name}\n\n> ${description}\n`;
  const names = surfaces.map((surface) => {
    const space = namespaceOf(surface);
    const text =
      space === null
        ? surface.found.map((item) => item.name).join(' ')
        : `The functions of \`${space}\`, by their own names.`;
    return `## ${surface.specifier}\n\n${text}\n`;
  });
  const links = [
    '- [Common mistakes, and the rules that avoid them](AGENTS.md)',
    '- [README](README.md)',
    '- [Every signature and docstring](llms-full.txt)',
  ];
  writeFileSync(join(folder, 'llms.txt'), [head, `${links.join('\n')}\n`, ...names].join('\n'));
  const agents = readFileSync(join(root, 'docs', 'AGENTS.md'), 'utf8');
  const signatures = surfaces
    .filter((surface) => namespaceOf(surface) === null)
    .map(
      ({ specifier, found }) =>
        `# ${specifier}\n\n${found.map((item) => `## ${item.name}\n\n\`\`\`ts\n${item.text}\n\`\`\`\n`).join('\n')}`,
    );
  writeFileSync(join(folder, 'llms-full.txt'), [head, agents, ...signatures].join('\n'));
  copyFileSync(join(root, 'docs', 'AGENTS.md'), join(folder, 'AGENTS.md'));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.argv.slice(2).forEach(writePackageDocs);
