/** @file Builds every package, or those that are named, into its `dist`: code, declarations and `llms.txt`. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOneFile } from './oneFile.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../packages/', import.meta.url));
const isBuilt = (name) => existsSync(join(root, name, 'tsup.config.ts'));
const isThere = (name) => existsSync(join(root, name, 'dist', 'index.js'));
const named = process.argv.slice(2);
const names = named.length > 0 ? named : readdirSync(root).filter(isBuilt);

/** Runs a command in a package's folder; returns its output if it failed, else null. */
function run(name, command) {
  return new Promise((done) => {
    const child = spawn(command, {
      cwd: join(root, name),
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => done(code === 0 ? null : output));
  });
}

async function build(name) {
  const failure =
    (await run(name, 'tsup --silent')) ??
    (await run(name, `node ${JSON.stringify(join(here, 'declarations.mjs'))} ${name}`)) ??
    (await run(name, `node ${JSON.stringify(join(here, 'packageDocs.mjs'))} ${name}`));
  console.log(failure === null ? `built ${name}` : `${name} could not be built\n${failure}`);
  if (failure !== null) process.exitCode = 1;
}

/** The other packages that a package depends on. */
function needed(name) {
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(
    readFileSync(join(root, name, 'package.json'), 'utf8'),
  );
  return Object.keys({ ...dependencies, ...peerDependencies })
    .map((dependency) => dependency.replace('@chainrule/', ''))
    .filter((dependency) => names.includes(dependency));
}

// Packages are compiled against the declarations of their dependencies, as a user's code is.
const builds = new Map();
function buildOnce(name) {
  if (!builds.has(name))
    builds.set(
      name,
      Promise.all(needed(name).map(buildOnce)).then(() => build(name)),
    );
  return builds.get(name);
}
await Promise.all(names.map(buildOnce));

// Its contents come from training small models with the built packages.
if (names.includes('autograd') && ['autograd', 'nn', 'optim'].every(isThere)) {
  const failure = await run('autograd', `node ${JSON.stringify(join(here, 'prelude.mjs'))}`);
  console.log(failure === null ? 'wrote the prelude' : `no prelude could be written\n${failure}`);
  if (failure !== null) process.exitCode = 1;
}

// The file for pages without a bundler contains all three.
if (process.exitCode === undefined && ['autograd', 'nn', 'optim'].every(isThere))
  await buildOneFile();
