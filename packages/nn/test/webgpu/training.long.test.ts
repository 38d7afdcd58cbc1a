/** @file Fifty steps of each network on WebGPU, with and without `compile`. */
import { describe, expect, test } from 'vitest';
import { openWebgpu } from '../../../autograd/test/webgpu/device.js';
import { difference, NETWORKS } from './training.js';

const there = await openWebgpu();

describe.skipIf(!there)('losses on WebGPU equal those of the CPU over fifty steps', () => {
  for (const name of Object.keys(NETWORKS) as (keyof typeof NETWORKS)[])
    for (const compiled of [false, true])
      test(`${name}, ${compiled ? 'compiled' : 'plain'}`, { timeout: 300_000 }, async () => {
        expect(await difference(name, 50, compiled)).toBeLessThan(1e-4);
      });
});
