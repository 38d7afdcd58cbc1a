/**
 * @file The site: `npm run site` builds it into `out/site`, `npm run site:test` tests the built site in Chromium. Its tools
 * are not part of the default install: they are installed into `site/` when it is first built.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const site = join(root, 'site');

function run(command, args, cwd = root) {
  const { status } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

const installed = join(site, 'node_modules', '.package-lock.json');
const isInstalled = () =>
  existsSync(installed) &&
  statSync(installed).mtimeMs >= statSync(join(site, 'package.json')).mtimeMs;

/** The files beside the pages of the reference, and the page of each name: the tables of names link there. */
function writeContents() {
  const reference = join(site, 'reference');
  const pages = readdirSync(reference, { recursive: true })
    .filter((path) => path.endsWith('.md') && path !== 'index.md')
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
  // A type called `Index` would have the address of its folder.
  for (const page of pages) {
    const path = join(reference, page);
    const text = readFileSync(path, 'utf8');
    const mended = text.replaceAll('/Index.md', '/Index-.md').replaceAll('(Index.md', '(Index-.md');
    if (mended !== text) writeFileSync(path, mended);
    if (page.endsWith('/Index.md')) renameSync(path, path.replace('Index.md', 'Index-.md'));
  }
  const nameOf = (page) => page.replace(/namespaces\/|(\/index)?\.md$/g, '');
  const items = pages
    .filter((page) => page.endsWith('/index.md'))
    .map((page) => ({ text: nameOf(page), link: `/reference/${page.replace('index.md', '')}` }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
  writeFileSync(join(reference, 'sidebar.json'), JSON.stringify([{ text: 'Reference', items }]));
  const links = pages
    .filter((page) => /\/(functions|variables|classes)\//.test(page))
    .map((page) => [
      nameOf(page)
        .replace(/\/(functions|variables|classes)\//, '/')
        .replace(/^(autograd|nn(?=\/(distributions|metrics)))\//, '')
        .replaceAll('/', '.'),
      `/reference/${page.replace('.md', '.html')}`,
    ]);
  writeFileSync(join(reference, 'pages.json'), JSON.stringify(Object.fromEntries(links)));
}

/** The notebooks that `npm run notebooks` has rendered, and the pictures of all notebooks. */
function copyGallery() {
  const out = join(root, 'out');
  const to = join(site, 'public', 'gallery');
  cpSync(join(root, 'examples', 'pictures'), join(to, 'pictures'), { recursive: true });
  const notebooks = readdirSync(join(root, 'examples')).map((name) =>
    name.replace(/\.ts$/, '.html'),
  );
  for (const name of ['index.html', ...notebooks])
    if (name.endsWith('.html') && existsSync(join(out, name)))
      copyFileSync(join(out, name), join(to, name));
}

function build() {
  run('node', [join(root, 'tools', 'setup.mjs')]);
  if (!isInstalled())
    run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'], site);
  run('node', ['data.mjs'], site);
  copyGallery();
  run('node', [join(site, 'node_modules', 'typedoc', 'bin', 'typedoc')], site);
  writeContents();
  run('node', [join(site, 'node_modules', 'vitepress', 'bin', 'vitepress.js'), 'build'], site);
}

if (process.argv[2] === 'test') {
  if (!existsSync(join(root, 'out', 'site', 'index.html'))) build();
  run('node', [join(site, 'test', 'site.mjs')]);
} else if (process.argv[2] === 'build') build();
else throw new Error('usage: node tools/docs/site.mjs build|test');
