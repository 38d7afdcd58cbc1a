/** @file Datasets in workers: order, seeds, errors, early ends, and that a process ends. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { manualSeed, type Tensor } from '@chainrule/autograd';
import { DataLoader, WorkerDataset } from '@chainrule/nn/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../bundled.js';

const folder = mkdtempSync(join(tmpdir(), 'workers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const script = join(folder, 'items.mjs');
const main = join(folder, 'main.mjs');

beforeAll(async () => {
  await bundled(
    `import { rand, tensor } from '@chainrule/autograd';
    import { MapDataset, serveDataset } from '@chainrule/nn/data';
    const numbers = Array.from({ length: 30 }, (_, i) => i);
    // The later ones are there first.
    serveDataset(new MapDataset(numbers, async (i) => {
      await new Promise((done) => setTimeout(done, (30 - i) / 3));
      if (i === 17) throw new Error('it is no picture');
      return { x: tensor([i, 2 * i]).add(rand([2]).mul(0.5)), name: 'item ' + i };
    }));`,
    script,
  );
  await bundled(
    `import { Worker } from 'node:worker_threads';
    import { DataLoader, WorkerDataset } from '@chainrule/nn/data';
    const dataset = await WorkerDataset.start(() => new Worker(process.argv[2]), { workers: 2 });
    for await (const batch of new DataLoader(dataset, { batchSize: 2, prefetch: 6 })) {
      console.log(batch.name.join());
      break;
    }`,
    main,
  );
  // esbuild's own process has to start: seconds on a machine that has other work.
}, 60_000);

interface Batch {
  readonly x: Tensor;
  readonly name: string[];
}
const start = (workers: number) =>
  WorkerDataset.start<Batch>(() => new Worker(script), { workers });

describe('a dataset in workers', () => {
  it('comes in the order of the loader, with the same draws for any number of workers', async () => {
    const sampler = {
      length: 17,
      order: ({ epoch }: { epoch: number }) =>
        Array.from({ length: 17 }, (_, i) => (7 * i + epoch) % 17),
    };
    const runs: unknown[] = [];
    for (const workers of [1, 3]) {
      manualSeed(4);
      const dataset = await start(workers);
      expect(dataset.length).toBe(30);
      const loader = new DataLoader(dataset, { batchSize: 4, sampler });
      const run: unknown[] = [];
      for (let epoch = 0; epoch < 2; epoch++) {
        let count = 0;
        for await (const { x, name } of loader) {
          if (++count > 3) break;
          run.push([name, x.toArray()]);
        }
      }
      runs.push(run);
      dataset.close();
      await expect(dataset.at(0)).rejects.toThrow(/^worker \d has ended: it was closed$/);
    }
    expect(runs[1]).toEqual(runs[0]);
    const [first, , , again] = runs[0] as [string[], number[][]][];
    expect(first?.[0]).not.toEqual(again?.[0]);
    // Item i is (i, 2i), and up to a half more.
    first?.[0].forEach((name, k) => {
      const i = Number(name.slice(5));
      const [a = NaN, b = NaN] = first[1][k] ?? [];
      expect([Math.floor(a), Math.floor(b)]).toEqual([i, 2 * i]);
    });
  });

  it('names the worker, the item and the batch that failed; what comes after can be had', async () => {
    const dataset = await start(2);
    const loader = new DataLoader(dataset, { batchSize: 5 });
    const names: string[] = [];
    const run = async (): Promise<void> => {
      for await (const { name } of loader) names.push(...name);
    };
    await expect(run()).rejects.toThrow(
      'DataLoader: worker 1: item 17 failed: it is no picture (in batch 3)',
    );
    expect(names).toEqual(Array.from({ length: 15 }, (_, i) => `item ${i}`));
    expect((await dataset.batch([18, 3])).name).toEqual(['item 18', 'item 3']);
    dataset.close();
  });

  it('lets the process end, also where a loop was left in its middle', () => {
    const { status, stdout } = spawnSync(process.execPath, [main, script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([status, stdout.trim()]).toEqual([0, 'item 0,item 1']);
  });

  it('says what it needs', async () => {
    const dataset = await start(1);
    expect(() => [...(new DataLoader(dataset) as Iterable<unknown>)]).toThrow('use `for await`');
    expect(() => new DataLoader(dataset, { collate: () => 1 })).toThrow(
      'give collate to serveDataset',
    );
    dataset.close();
    const none = WorkerDataset.start(() => new Worker(join(folder, 'none.mjs')), { workers: 1 });
    await expect(none).rejects.toThrow(/worker 0 failed: .*none\.mjs/);
    await expect(WorkerDataset.start(() => ({}) as never)).rejects.toThrow(/must be a Worker/);
  });
});
