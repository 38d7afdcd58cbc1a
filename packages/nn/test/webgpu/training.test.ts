/** @file Training on WebGPU gives the losses of the CPU: some steps of each network; fifty by `npm run check:long`. */
import { describe, expect, test } from 'vitest';
import { openWebgpu } from '../../../autograd/test/webgpu/device.js';
import { difference, NETWORKS } from './training.js';

const there = await openWebgpu();

describe.skipIf(!there)('losses on WebGPU equal those of the CPU', () => {
  for (const name of Object.keys(NETWORKS) as (keyof typeof NETWORKS)[])
    test(name, async () => {
      expect(await difference(name, 3, name === 'mlp')).toBeLessThan(1e-5);
    });
});
