/** @file Builds every package into its `dist`. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../packages/', import.meta.url));
const names = readdirSync(root);

function build(name) {
  return new Promise((done) => {
    const child = spawn('tsup', ['--silent'], {
      cwd: root + name,
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => {
      console.log(code === 0 ? `built ${name}` : `${name} could not be built\n${output}`);
      if (code !== 0) process.exitCode = 1;
      done();
    });
  });
}

/** The packages of this repository that one depends on. */
function needs(name) {
  const { dependencies = {} } = JSON.parse(readFileSync(`${root}${name}/package.json`, 'utf8'));
  return names.filter((other) => `@chainrule/${other}` in dependencies);
}

// Each is compiled against the declarations of those it needs, as a user's code will be.
for (let left = names; left.length > 0;) {
  const ready = left.filter((name) => !needs(name).some((other) => left.includes(other)));
  await Promise.all(ready.map(build));
  left = left.filter((name) => !ready.includes(name));
}
