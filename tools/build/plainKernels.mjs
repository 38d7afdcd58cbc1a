/** @file The source of the exporter that is made of autograd's sources; `cutKernels.mjs` takes seconds, so that its text is kept. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { keptText } from './keptText.mjs';

/** The source whose place the plain kernels take. */
export const plainKernelsFile = 'export/src/module/plainKernels.ts';

const sources = fileURLToPath(new URL('../../packages/autograd/src/', import.meta.url));
const kept = fileURLToPath(
  new URL('../../node_modules/.cache/chainrule/plainKernels.ts', import.meta.url),
);
const cutter = new URL('cutKernels.mjs', import.meta.url);

/** The text of that source. */
export function plainKernelsText() {
  const require = createRequire(import.meta.url);
  const tools = ['esbuild', 'typescript'].map((name) => require(`${name}/package.json`).version);
  return keptText(kept, [...tools, readFileSync(cutter, 'utf8')], [sources], async () => {
    const { plainKernels } = await import(cutter.href);
    return `export const plainKernels = ${JSON.stringify(await plainKernels())};\n`;
  });
}
