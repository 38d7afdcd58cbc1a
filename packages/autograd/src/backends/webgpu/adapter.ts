/** @file Finds a GPU: the browser's, or in Node.js one from the npm package `webgpu`, which is never required. */
import { DeviceError } from '../../errors.js';
import { ownPlace } from '../../graph/copy.js';
import { packagePaths } from '../node.js';
import type { Gpu, GpuAdapter, GpuDevice } from './gpuApi.js';

/** A device, and a description of its adapter. */
export interface OpenedDevice {
  readonly device: GpuDevice;
  /** The adapter's description by its driver. */
  readonly description: string;
}

/** @throws {DeviceError} that says what is missing. */
export async function openAdapter(): Promise<OpenedDevice> {
  const gpu = await findGpu();
  const adapter = await adapterOf(gpu);
  const { vendor, architecture, device: name, description } = adapter.info;
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } =
    adapter.limits;
  const wanted = ['timestamp-query', 'subgroups'].filter((f) => adapter.features.has(f));
  let device: GpuDevice;
  try {
    device = await adapter.requestDevice({
      requiredFeatures: wanted,
      requiredLimits: {
        maxBufferSize,
        maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize,
      },
    });
  } catch (error) {
    throw new DeviceError(`setDevice: the GPU returned no device: ${messageOf(error)}`);
  }
  const words = [vendor, architecture, description === '' ? name : description];
  const known = words.filter((word) => word !== '').join(' ');
  return { device, description: known === '' ? 'an unnamed GPU' : known };
}

async function adapterOf(gpu: Gpu): Promise<GpuAdapter> {
  let adapter: GpuAdapter | null;
  try {
    adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch (error) {
    throw new DeviceError(`setDevice: WebGPU returned no adapter: ${messageOf(error)}`);
  }
  if (adapter !== null) return adapter;
  throw new DeviceError(
    isNode()
      ? 'setDevice: WebGPU found no adapter: is there a Vulkan, Metal or Direct3D 12 driver? (VK_DRIVER_FILES names one)'
      : 'setDevice: WebGPU found no adapter: it is switched off in this browser (chrome://gpu, about:support), its GPU is ' +
          'not supported, or a policy forbids it',
  );
}

/** The platform's WebGPU, if there is one, otherwise the package. */
async function findGpu(): Promise<Gpu> {
  const own = (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
  if (own !== undefined) return own;
  if (!isNode()) {
    const secure = (globalThis as { isSecureContext?: boolean }).isSecureContext !== false;
    throw new DeviceError(
      secure
        ? "setDevice: this browser has no WebGPU, or it is switched off; compute on the CPU: setDevice('cpu')"
        : 'setDevice: WebGPU needs a secure page: https, or http://localhost',
    );
  }
  if ('Deno' in globalThis)
    throw new DeviceError('setDevice: Deno offers WebGPU with --unstable-webgpu');
  return packageGpu();
}

function isNode(): boolean {
  return typeof process === 'object' && typeof process.getBuiltinModule === 'function';
}

/** The npm package `webgpu`. */
interface GpuPackage {
  readonly create: (flags: readonly string[]) => Gpu;
}

/** The key under which the result of `create` is kept: once it is collected, every device made from it is freed memory. */
const CREATED_KEY = Symbol.for('chainrule.webgpu');

async function packageGpu(): Promise<Gpu> {
  const kept = globalThis as { [CREATED_KEY]?: Gpu };
  if (kept[CREATED_KEY] !== undefined) return kept[CREATED_KEY];
  const { create } = await loadPackage();
  // `CHAINRULE_WEBGPU` holds flags of Dawn: `backend=null`, `enable-dawn-features=…`.
  const flags = (process.env['CHAINRULE_WEBGPU'] ?? '').split(' ').filter((flag) => flag !== '');
  return (kept[CREATED_KEY] = create(flags));
}

/** The package, if it is installed for the program or this package, or in a folder named in the environment. */
async function loadPackage(): Promise<GpuPackage> {
  let reason = 'the package is not installed';
  const folder = process.env['CHAINRULE_WEBGPU_PACKAGE'];
  for (const path of packagePaths('webgpu', ownPlace(), folder === undefined ? [] : [folder])) {
    try {
      const { href } = process.getBuiltinModule('node:url').pathToFileURL(path);
      return (await import(/* @vite-ignore */ /* webpackIgnore: true */ href)) as GpuPackage;
    } catch (error) {
      reason = `the package at ${path} cannot be loaded: ${messageOf(error)}`;
    }
  }
  throw new DeviceError(
    `setDevice: Node.js itself has no WebGPU; the npm package 'webgpu' adds it: npm install webgpu (${reason})`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
