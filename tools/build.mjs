/** @file Builds every package into its `dist`. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
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

// The others are compiled against autograd's declarations, as a user's code will be.
await build('autograd');
await Promise.all(names.filter((name) => name !== 'autograd').map(build));
