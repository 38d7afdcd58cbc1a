/** @file Opening a GPU if something is missing: an error says what, the CPU stays selected, and a later attempt works. */
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  DeviceError,
  deviceInfo,
  grad,
  randn,
  setDevice,
  tensor,
  zeros,
  type Tensor,
} from '../../src/index.js';
import { openAdapter } from '../../src/backends/webgpu/adapter.js';
import type { Gpu, GpuAdapter, GpuDevice } from '../../src/backends/webgpu/gpuApi.js';
import { openWebgpu } from './device.js';

const LIMITS = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxComputeWorkgroupStorageSize: 2 ** 14,
};
const INFO = { vendor: 'acme', architecture: '', device: '', description: 'small' };

/** A GPU of the platform, as a page would find it. */
function offer(requestAdapter: Gpu['requestAdapter']): void {
  vi.stubGlobal('navigator', { gpu: { requestAdapter } });
}

const adapter = (requestDevice: GpuAdapter['requestDevice']): GpuAdapter => ({
  limits: LIMITS,
  features: new Set<string>(),
  info: INFO,
  requestDevice,
});

/** The platform of a page: without what tells Node.js. */
function asPage(page: object): void {
  vi.stubGlobal('process', { env: {} });
  for (const [name, value] of Object.entries(page)) vi.stubGlobal(name, value);
}

afterEach(() => vi.unstubAllGlobals());

test('an adapter that says nothing of itself, as in Firefox, has a description', async () => {
  const info = { vendor: '', architecture: '', device: '', description: '' };
  const nameless = { ...adapter(() => Promise.resolve({} as GpuDevice)), info };
  offer(() => Promise.resolve(nameless));
  expect((await openAdapter()).description).toBe('an unnamed GPU');
});

describe('a GPU that cannot be opened', () => {
  const refusals: Readonly<Record<string, [prepare: () => void, message: RegExp]>> = {
    'no adapter': [
      () => offer(() => Promise.resolve(null)),
      /^setDevice: WebGPU found no adapter: is there a Vulkan/,
    ],
    'a policy that forbids it': [
      () => offer(() => Promise.reject(new Error('WebGPU is disabled by policy'))),
      /^setDevice: WebGPU returned no adapter: WebGPU is disabled by policy/,
    ],
    'an adapter that gives no device': [
      () => offer(() => Promise.resolve(adapter(() => Promise.reject(new Error('in use'))))),
      /^setDevice: the GPU returned no device: in use/,
    ],
    'Deno without its flag': [
      () => {
        vi.stubGlobal('Deno', {});
        vi.stubGlobal('navigator', {});
      },
      /^setDevice: Deno offers WebGPU with --unstable-webgpu/,
    ],
    'a page without WebGPU': [
      () => asPage({ navigator: {}, isSecureContext: true }),
      /^setDevice: this browser has no WebGPU, or it is switched off; .*setDevice\('cpu'\)/,
    ],
    'a page that is not secure': [
      () => asPage({ navigator: {}, isSecureContext: false }),
      /^setDevice: WebGPU needs a secure page/,
    ],
    'a page whose browser has none to give': [
      () => {
        asPage({});
        offer(() => Promise.resolve(null));
      },
      /^setDevice: WebGPU found no adapter: it is switched off in this browser/,
    ],
  };

  for (const [name, [prepare, message]] of Object.entries(refusals))
    test(name, async () => {
      prepare();
      const error: unknown = await openAdapter().catch((error: unknown) => error);
      vi.unstubAllGlobals();
      expect(error).toBeInstanceOf(DeviceError);
      expect((error as Error).message).toMatch(message);
    });
});

const there = await openWebgpu();

describe.skipIf(!there)('a device with no more than every device has', () => {
  beforeAll(async () => {
    await setDevice('webgpu');
    const lost = (deviceInfo('webgpu').gpuDevice as GpuDevice).lost;
    (deviceInfo('webgpu').gpuDevice as GpuDevice).destroy();
    await lost;
    await setDevice('cpu');
  });

  test('is opened after a try in vain, which leaves the CPU chosen', async () => {
    offer(() => Promise.resolve(null));
    await expect(setDevice('webgpu')).rejects.toThrow(DeviceError);
    expect(tensor([1, 2]).add(1).toArray()).toEqual([2, 3]);
    const real = (globalThis as unknown as Record<symbol, Gpu>)[
      Symbol.for('chainrule.webgpu')
    ] as Gpu;
    const found = (await real.requestAdapter()) as GpuAdapter;
    offer(() => Promise.resolve(adapter(() => found.requestDevice({}))));
    await setDevice('webgpu');
    vi.unstubAllGlobals();
  });

  test('is in use, with the limits that WebGPU promises', () => {
    const { description, gpuDevice } = deviceInfo('webgpu');
    expect(description).toBe('acme small');
    const { limits, features } = gpuDevice as GpuDevice;
    expect(limits.maxStorageBufferBindingSize).toBe(2 ** 27);
    expect(features.has('timestamp-query')).toBe(false);
  });

  test('computes', async () => {
    const attend = (x: Tensor): Tensor => x.matmul(x.transpose(1, 2)).softmax(-1).matmul(x);
    const slope = grad((x: Tensor) => attend(x).square().sum());
    const x = randn([2, 70, 5]);
    for (const f of [attend, slope]) {
      const want = f(await x.to('cpu')).dataSync();
      (await f(x).data()).forEach((v, i) =>
        expect(Math.abs(v - (want[i] as number))).toBeLessThan(1e-4),
      );
    }
  });

  test('refuses a tensor larger than its largest binding, and goes on', async () => {
    const x = tensor([1, 2, 3]).mul(2);
    await expect(
      (async () =>
        zeros([2 ** 25 + 4])
          .add(1)
          .data())(),
    ).rejects.toThrow(
      /^webgpu: 128\.0 MiB are needed at once, but kernels on this device can access only 128\.0 MiB .*smaller parts/,
    );
    expect(Array.from(await x.add(1).data())).toEqual([3, 5, 7]);
  });
});
