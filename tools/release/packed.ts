/** @file The packages as users get them: built, packed into tarballs, installed into a folder outside the repository. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = ['autograd', 'nn', 'optim', 'export'];

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  scripts?: Record<string, string>;
}

const readJson = (path: string): Manifest => JSON.parse(readFileSync(path, 'utf8')) as Manifest;

/** Runs a program, and returns its output; if it fails, the output is part of the error. */
export function execute(command: string, args: readonly string[], cwd: string): string {
  const path = [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);
  try {
    return execFileSync(command, args, {
      cwd,
      env: { ...process.env, PATH: path },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
}

/** The time of the newest change of a file below a folder. */
function newest(folder: string): number {
  const times = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
    (name) => statSync(join(folder, name)).mtimeMs,
  );
  return Math.max(0, ...times);
}

function isBuilt(name: string): boolean {
  const folder = join(root, 'packages', name);
  try {
    return statSync(join(folder, 'llms-full.txt')).mtimeMs > newest(join(folder, 'src'));
  } catch {
    return false;
  }
}

/** A repository with built packages: this one if its builds are up to date, else a copy in `folder`. */
function built(folder: string): string {
  if (packages.every(isBuilt)) return root;
  const copy = join(folder, 'repository');
  for (const path of ['docs', 'tools', 'package.json', 'tsconfig.base.json'])
    cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  for (const name of packages) {
    const [from, to] = [join(root, 'packages', name), join(copy, 'packages', name)];
    for (const path of ['src', 'package.json', 'README.md', 'tsconfig.json', 'tsup.config.ts'])
      cpSync(join(from, path), join(to, path), { recursive: true });
    linkDependencies(join(from, 'node_modules'), join(to, 'node_modules'), copy);
  }
  // The bundle of one file is built in a folder where all packages are dependencies.
  const examples = 'examples/node_modules';
  linkDependencies(join(root, examples), join(copy, examples), copy);
  execute('node', [join(copy, 'tools', 'build', 'build.mjs')], copy);
  return copy;
}

/** The packages that a package is compiled against: the same tools, but the copy's own packages. */
function linkDependencies(from: string, to: string, copy: string): void {
  mkdirSync(join(to, '@chainrule'), { recursive: true });
  for (const name of packages)
    symlinkSync(join(copy, 'packages', name), join(to, '@chainrule', name), 'junction');
  for (const name of readdirSync(from).filter((n) => !/^[.@]/.test(n)))
    symlinkSync(join(from, name), join(to, name), 'junction');
}

/** Packs all packages into `folder`, as they would be published; returns the paths of the tarballs by package name. */
export function pack(folder: string): Record<string, string> {
  const repository = built(folder);
  const tarballs: Record<string, string> = {};
  for (const name of packages) {
    const [from, staged] = [join(repository, 'packages', name), join(folder, 'staged', name)];
    cpSync(join(from, 'dist'), join(staged, 'dist'), { recursive: true });
    for (const file of ['README.md', 'AGENTS.md', 'llms.txt', 'llms-full.txt'])
      cpSync(join(from, file), join(staged, file));
    const manifest = readJson(join(from, 'package.json'));
    delete manifest.devDependencies;
    delete manifest.scripts;
    for (const [dependency, range] of Object.entries(manifest.dependencies ?? {}))
      if (range === 'workspace:^')
        Object.assign(manifest.dependencies ?? {}, { [dependency]: `^${manifest.version}` });
    writeFileSync(join(staged, 'package.json'), JSON.stringify(manifest));
    const [{ filename }] = JSON.parse(
      execute('npm', ['pack', '--json', '--pack-destination', folder], staged),
    ) as [{ filename: string }];
    tarballs[`@chainrule/${name}`] = join(folder, filename);
  }
  return tarballs;
}

/** Copies a project out of the repository, and installs it there from tarballs, without a registry. */
export function install(project: string, to: string, tarballs: Record<string, string>): void {
  cpSync(project, to, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|dist)$/.test(path),
  });
  const manifest = readJson(join(to, 'package.json'));
  for (const name of Object.keys(manifest.dependencies ?? {}))
    Object.assign(manifest.dependencies ?? {}, { [name]: `file:${tarballs[name]}` });
  manifest.devDependencies = { typescript: `file:${join(root, 'node_modules', 'typescript')}` };
  writeFileSync(join(to, 'package.json'), JSON.stringify(manifest, null, 2));
  execute('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], to);
}
