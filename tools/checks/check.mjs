/** @file Runs every check but the tests, and times each; continues after a failure, to show all failures. */
import { spawnSync } from 'node:child_process';

const checks = [
  'types',
  'lint',
  'format:check',
  'cycles',
  'build',
  'packages',
  'types:use',
  'size',
];
const failed = [];
for (const check of checks) {
  const start = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', check], {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${check} (${seconds} s)`);
  if (status !== 0) failed.push(check);
}
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}. Run one alone with npm run NAME.`);
  process.exitCode = 1;
}
