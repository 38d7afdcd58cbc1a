/** @file Test programs that run in a process of their own: bundled from the sources. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Writes a program in TypeScript, which imports the packages by their names, to a file that Node.js runs. */
export async function bundled(contents: string, outfile: string): Promise<void> {
  await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
    tsconfig: fileURLToPath(new URL('../../../tsconfig.json', import.meta.url)),
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['koffi', 'webgpu'],
    outfile,
  });
}
