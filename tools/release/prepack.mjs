/**
 * @file Runs before a package is packed: stops `npm`, which would leave `workspace:` ranges in place that nobody can install.
 */
import { readFileSync } from 'node:fs';

const { name, dependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'));
const within = Object.keys(dependencies).filter((key) =>
  dependencies[key].startsWith('workspace:'),
);
const client = process.env.npm_config_user_agent ?? '';
if (within.length > 0 && !client.startsWith('pnpm')) {
  console.error(
    `${name} needs ${within.join(', ')} by a "workspace:" range, which only pnpm writes as a version: ` +
      'pack with `npx pnpm@10 pack`, publish with `npm run release`.',
  );
  process.exitCode = 1;
}
