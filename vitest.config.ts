/** @file Tests run from source, in Node and, where a Chromium is installed, in a browser. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { configDefaults, defineConfig } from 'vitest/config';
import { plainKernelsFile, plainKernelsText } from './tools/build/plainKernels.mjs';
import tsconfig from './tsconfig.base.json' with { type: 'json' };

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

// Workspace packages are tested from their sources, as "paths" says: no build is needed first.
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([name, [source]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(source ?? '', import.meta.url)),
}));

// What takes minutes runs by `npm run check:long`.
const long = process.env['CHAINRULE_LONG'] === '1';

const node = {
  extends: true as const,
  test: {
    name: 'node',
    // The passes of the engine check each other's results.
    env: { CHAINRULE_VERIFY: '1' },
    setupFiles: ['./tools/seed.ts'],
    include: [
      'packages/*/{src,test}/**/*.test.ts',
      'examples/**/*.test.ts',
      'bench/**/*.test.ts',
      'tools/**/*.test.ts',
    ],
    exclude: [...configDefaults.exclude, ...(long ? [] : ['**/*.long.test.ts'])],
  },
};

const browser = {
  extends: true as const,
  // Shared memory needs a cross-origin isolated page.
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  test: {
    name: 'browser',
    include: ['packages/*/test-browser/**/*.test.ts'],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      instances: [{ browser: 'chromium' as const }],
      provider: playwright({
        launchOptions: {
          executablePath,
          args: [
            '--no-sandbox',
            '--enable-unsafe-webgpu',
            '--use-webgpu-adapter=swiftshader',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      }),
    },
  },
};

/** A source that is made of others; see the tool. */
const made = {
  name: 'made',
  load: (id: string) => (id.endsWith(plainKernelsFile) ? plainKernelsText() : undefined),
};

export default defineConfig({
  resolve: { alias },
  plugins: [made],
  test: {
    testTimeout: 30_000,
    reporters: ['default', './tools/closing-line.ts'],
    passWithNoTests: true,
    projects: existsSync(executablePath) ? [node, browser] : [node],
  },
});
