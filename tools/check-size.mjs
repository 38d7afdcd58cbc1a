/** @file What the packages weigh in a page, minified and gzipped, against a budget. After a build. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const examples = fileURLToPath(new URL('../examples', import.meta.url));
const kB = 1000;

/** `external` is what the page is taken to have already. */
const budgets = [
  { name: 'autograd', entries: ['autograd'], external: [], budget: 60 * kB },
  { name: 'nn + optim', entries: ['nn', 'optim'], external: ['autograd'], budget: 25 * kB },
  { name: 'all three', entries: ['autograd', 'nn', 'optim'], external: [], budget: 85 * kB },
];

for (const { name, entries, external, budget } of budgets) {
  const contents = entries.map((entry) => `export * as ${entry} from '@chainrule/${entry}';`);
  const { outputFiles } = await build({
    // The examples depend on all three.
    stdin: { contents: contents.join('\n'), resolveDir: examples },
    external: [...external.map((entry) => `@chainrule/${entry}`), 'koffi', 'webgpu', 'node:*'],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
  const [{ contents: code }] = outputFiles;
  const gzipped = gzipSync(code, { level: 9 }).length;
  const over = gzipped > budget;
  const figure = (bytes) => `${(bytes / kB).toFixed(1).padStart(6)} kB`;
  console.log(
    `${name.padEnd(11)} ${figure(code.length)} minified, ${figure(gzipped)} gzipped` +
      ` of ${figure(budget)}${over ? '  OVER BUDGET' : ''}`,
  );
  if (over) process.exitCode = 1;
}
