/**
 * @file Writes the preludes of autograd, `dist/prelude`: for each vector width the kernel forms that first steps need,
 * compiled ahead for Node.js, as modules with a table of contents. Runs after all packages are built. Usage: node
 * tools/build/prelude.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { preludeWorks } from './preludeWork.mjs';

// Without a BLAS library, which would compute products without these kernels.
process.env.CHAINRULE_BLAS = 'off';

const root = new URL('../../packages/', import.meta.url);
const load = (path) => import(new URL(path, root));

/** The widths that `run/vectorWidth.ts` distinguishes. */
const WIDTHS = [
  { width: 'simd128', fma: false },
  { width: 'simd128', fma: true },
  { width: 'relaxed', fma: true },
];

/** The contents of the preludes by file name. */
export async function preludes() {
  const [autograd, internal, nn, optim] = await Promise.all(
    [
      'autograd/dist/index.js',
      'autograd/dist/internal.js',
      'nn/dist/index.js',
      'optim/dist/index.js',
    ].map(load),
  );
  const works = preludeWorks({ autograd, nn, optim });
  const driver = { name: internal.DRIVER, bytes: internal.driverModule(true) };
  const ofWidths = WIDTHS.flatMap((best) => {
    const { text, modules } = internal.writePrelude(best, works);
    const width = `${best.width}${best.fma ? '+' : ''}`;
    return [
      { name: `${width}.txt`, bytes: Buffer.from(text, 'latin1') },
      ...modules.map((bytes, part) => ({ name: `${width}.${part}.wasm`, bytes })),
    ];
  });
  return [driver, ...ofWidths];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL('autograd/dist/prelude/', root);
  mkdirSync(folder, { recursive: true });
  for (const { name, bytes } of await preludes()) writeFileSync(new URL(name, folder), bytes);
}
