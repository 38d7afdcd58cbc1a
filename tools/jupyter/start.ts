/**
 * @file Opens the examples in Jupyter: writes the kernel's description and the notebooks as .ipynb without outputs, and
 * starts Jupyter, which must be installed. All files are written into `out/jupyter`.
 *
 * Usage: npm run jupyter [-- ARGUMENTS OF jupyter]; without any, `jupyter lab`, or `jupyter notebook` if that is missing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCells, toIpynb } from '../notebooks/notebookFormat.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'out', 'jupyter');
const shell = process.platform === 'win32';
const ZEROMQ = 'zeromq@6.8.0';

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

mkdirSync(folder, { recursive: true });
if (!existsSync(join(folder, 'node_modules', 'zeromq'))) {
  console.log(`Fetching ${ZEROMQ}, which Jupyter's kernels speak, once …`);
  const args = ['install', ZEROMQ, '--prefix', folder, '--ignore-scripts', '--silent', '--no-save'];
  const { status } = spawnSync('npm', args, { stdio: 'inherit', shell });
  if (status !== 0) fail(`${ZEROMQ} could not be fetched from npm.`);
}

const kernel = join(folder, 'kernels', 'chainrule');
mkdirSync(kernel, { recursive: true });
const tsNode = join(root, 'node_modules', 'ts-node', 'dist', 'bin.js');
const description = {
  argv: [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    tsNode,
    '--cwd',
    root,
    join(root, 'tools/jupyter/kernel.ts'),
    '{connection_file}',
  ],
  display_name: 'TypeScript (Chainrule)',
  language: 'typescript',
  interrupt_mode: 'message',
  env: { CHAINRULE_ZEROMQ: join(folder, 'package.json') },
};
writeFileSync(join(kernel, 'kernel.json'), JSON.stringify(description, null, 2));

const examples = join(root, 'examples');
for (const name of readdirSync(examples).filter((file) => file.endsWith('.ts'))) {
  const text = readFileSync(join(examples, name), 'utf8');
  const to = join(folder, `${basename(name, '.ts')}.ipynb`);
  // Notebooks that were changed in Jupyter are kept.
  if (/^\/\/ %%/m.test(text) && !existsSync(to)) writeFileSync(to, toIpynb(parseCells(text)));
}

const has = (command: string): boolean =>
  spawnSync('jupyter', [command, '--version'], { shell }).status === 0;
const given = process.argv.slice(2);
const command = given.length > 0 ? given : [has('lab') ? 'lab' : 'notebook'];
if (given.length === 0 && !has(command[0] ?? ''))
  fail('Jupyter is not installed: `pip install jupyterlab`, or your system’s package of it.');
const JUPYTER_PATH = [folder, process.env['JUPYTER_PATH'] ?? ''].filter(Boolean).join(':');
const child = spawn('jupyter', command, {
  cwd: folder,
  stdio: 'inherit',
  shell,
  env: { ...process.env, JUPYTER_PATH },
});
child.on('error', (error) => fail(`jupyter could not be started: ${error.message}`));
child.on('exit', (code) => process.exit(code ?? 1));
