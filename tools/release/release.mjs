/**
 * @file Publishes all packages with the same version and with provenance: `npm run release` shows what would be published,
 * `npm run release -- --publish` publishes, but only in the workflow `.github/workflows/release.yml`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const publish = process.argv.includes('--publish');
const read = (path) => readFileSync(join(root, path), 'utf8');
const manifests = readdirSync(join(root, 'packages'))
  .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
  .map((name) => JSON.parse(read(`packages/${name}/package.json`)))
  .filter((manifest) => manifest.private !== true);

const problems = [];
const versions = new Set(manifests.map(({ version }) => version));
if (versions.size > 1)
  problems.push(`the packages have several versions: ${[...versions].join(', ')}`);
const [version] = versions;
if (publish && !read('CHANGELOG.md').includes(`## ${version}`))
  problems.push(`CHANGELOG.md has no section "## ${version}"`);
if (publish && process.env.GITHUB_ACTIONS !== 'true')
  problems.push('a release is made by the workflow, which states where it was built');
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);

const { packageManager } = JSON.parse(read('package.json'));
const filters = manifests.flatMap(({ name }) => ['--filter', name]);
const mode = publish ? ['--provenance'] : ['--dry-run', '--no-git-checks'];
console.log(
  `${publish ? 'Publishing' : 'Would publish'} ${manifests.map(({ name }) => name).join(', ')} ${version}`,
);
execFileSync(
  'npx',
  ['-y', packageManager, '-r', ...filters, 'publish', '--access', 'public', ...mode],
  { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' },
);
