/**
 * @file Pages under a content security policy: without `wasm-unsafe-eval` the interpreter is used, with one warning; with it
 * WebAssembly is used, with or without blob workers. Runs in a real Chromium, if one is installed.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const source = fileURLToPath(new URL('../src', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chainrule-policy-'));

const PROGRAM = `
  import { backend, evaluate, getNumThreads, grad, setNumThreads, tensor } from './index.ts';
  setNumThreads(2);
  const x = tensor([1, 2, 3]);
  const slope = grad((t) => t.mul(t).sum())(x).toArray();
  const big = tensor(new Float32Array(250000).fill(0.5), { shape: [500, 500] });
  let sum = 0;
  for (let i = 0; i < 3; i++) {
    sum = big.matmul(big).mean().item();
    await new Promise((done) => setTimeout(done, 50));
  }
  document.title = JSON.stringify({ backend: backend(), slope, sum, threads: getNumThreads() });
`;

interface Seen {
  readonly backend: string;
  readonly slope: readonly number[];
  readonly sum: number;
  readonly threads: number;
}

describe.runIf(existsSync(executablePath))('under a policy', () => {
  let browser: Browser;
  let server: Server;

  beforeAll(async () => {
    await build({
      stdin: { contents: PROGRAM, resolveDir: source, loader: 'ts' },
      bundle: true,
      format: 'esm',
      target: 'es2022',
      logLevel: 'error',
      outfile: join(folder, 'page.js'),
    });
    const script = readFileSync(join(folder, 'page.js'));
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const policy = searchParams.get('policy');
      if (policy !== null) response.setHeader('Content-Security-Policy', policy);
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      const isScript = pathname === '/page.js';
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
      response.end(
        isScript ? script : '<!doctype html><script type="module" src="page.js"></script>',
      );
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function visit(policy: string): Promise<{ seen: Seen; warnings: string[] }> {
    const page = await browser.newPage();
    const warnings: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'warning') warnings.push(message.text());
    });
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/?policy=${encodeURIComponent(policy)}`);
    await page.waitForFunction(() => document.title !== '', undefined, { timeout: 20_000 });
    const seen = JSON.parse(await page.title()) as Seen;
    await page.close();
    return {
      seen,
      warnings: warnings.filter((text) => /chainrule|interpreter|policy/i.test(text)),
    };
  }

  test('that forbids WebAssembly the interpreter computes, and one warning says so', async () => {
    const { seen, warnings } = await visit("default-src 'self'; script-src 'self'");
    expect(seen).toEqual({ backend: 'interpreter', slope: [2, 4, 6], sum: 125, threads: 1 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/wasm-unsafe-eval/);
  });

  test('that allows WebAssembly and no workers from blobs, one thread computes, and one warning says so', async () => {
    const { seen, warnings } = await visit(
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
    );
    expect(seen).toMatchObject({ backend: 'wasm', slope: [2, 4, 6], sum: 125, threads: 1 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/worker-src blob:/);
  });

  test('that allows both, threads do', async () => {
    const { seen, warnings } = await visit(
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:",
    );
    expect(seen).toMatchObject({ backend: 'wasm', slope: [2, 4, 6], sum: 125, threads: 2 });
    expect(warnings).toEqual([]);
  });
});
