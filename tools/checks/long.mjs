/** @file Runs what takes too long for every push: the tests named `*.long.test.ts`, and every property test with a new seed. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'node', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      CHAINRULE_LONG: '1',
      CHAINRULE_SEED: process.env['CHAINRULE_SEED'] ?? 'random',
    },
  },
);
process.exit(status ?? 1);
