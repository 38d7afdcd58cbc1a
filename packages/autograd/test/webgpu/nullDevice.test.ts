/**
 * @file The texts of all kernels, compiled and checked by Dawn without any driver: those of every operation at every sample,
 * forward and back.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { evaluate, setDevice, type Tensor, zeros } from '../../src/index.js';
import { engine } from '../../src/engine/engine.js';
import type { GpuBackend } from '../../src/backends/webgpu/backend.js';
import { openWebgpu } from './device.js';
import { LINES, valuesOf } from './everyOperation.js';

process.env['CHAINRULE_WEBGPU'] = 'backend=null';
const there = await openWebgpu();

afterAll(() => setDevice('cpu'));

/** Nothing is computed there, so that nothing can be read. */
function run(y: Tensor): Promise<never[]> {
  evaluate(y);
  return Promise.resolve([]);
}

describe.skipIf(!there)('on the null device', () => {
  const { runtime } = (engine.devices.get('webgpu') ?? {}) as GpuBackend;

  for (const name of Object.keys(LINES))
    test(name, async () => {
      const { refused } = await valuesOf(name, 'webgpu', Infinity, run);
      for (const reason of refused)
        expect(reason).toMatch(/no kernel|cannot be read synchronously|no float64/);
      await new Promise((turn) => setTimeout(turn)); // a queue is given back when the event loop turns
    });

  test('all shaders compile, and no call is refused', async () => {
    await runtime.device.queue.onSubmittedWorkDone();
    expect(runtime.forms).toBeGreaterThan(300);
    expect(runtime.refusedKernels).toEqual([]);
    runtime.check();
  });

  test('dropped memory is freed before the device is full', async () => {
    const words = 2 ** 22 - 64;
    const x = zeros([words]);
    let most = 0;
    for (let i = 0; i < 24; i++) {
      evaluate(x.add(i)); // three times what the device has, in all
      await new Promise((turn) => setTimeout(turn));
      most = Math.max(most, runtime.heap.used);
    }
    expect(most).toBeLessThan(8 * words);
  });

  test('reports a shader that does not compile', async () => {
    const broken = runtime.pipeline({ code: 'fn main( {', words: [] });
    await broken.ready();
    expect(broken.error?.message).toMatch(/did not compile.*expected/);
    const late = runtime.pipeline({ code: 'fn main() -> {', words: [] });
    void late.pipeline;
    await runtime.device.queue.onSubmittedWorkDone();
    expect(runtime.refusedKernels).toHaveLength(2);
    runtime.check();
  });
});
