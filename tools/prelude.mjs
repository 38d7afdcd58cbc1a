/**
 * @file Writes the preludes of autograd, `dist/prelude/*.wasm`: for each width of vectors the forms that first steps need,
 * ready for Node.js. After all packages are built. Usage: node tools/prelude.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { preludeWork } from './preludeWork.mjs';

// A library would compute products in its own way.
process.env.CHAINRULE_BLAS = 'off';

const root = new URL('../packages/', import.meta.url);
const load = (path) => import(new URL(path, root));

/** As `run/vectorWidth.ts` finds them. */
const WIDTHS = [
  { width: 'simd128', fma: false },
  { width: 'simd128', fma: true },
  { width: 'relaxed', fma: true },
];

/** The preludes by the names of their files. */
export async function preludes() {
  const [autograd, internal, nn, optim] = await Promise.all(
    [
      'autograd/dist/index.js',
      'autograd/dist/internal.js',
      'nn/dist/index.js',
      'optim/dist/index.js',
    ].map(load),
  );
  return WIDTHS.map((best) => {
    const bytes = internal.writePrelude(best, () => preludeWork({ autograd, nn, optim }));
    return { name: `${best.width}${best.fma ? '+' : ''}.wasm`, bytes };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL('autograd/dist/prelude/', root);
  mkdirSync(folder, { recursive: true });
  for (const { name, bytes } of await preludes()) writeFileSync(new URL(name, folder), bytes);
}
