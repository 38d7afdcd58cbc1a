/**
 * @file The device that tests of WebGPU run on: SwiftShader through the npm package `webgpu`, which
 * `npm install --prefix packages/autograd/test-webgpu` puts into a folder of its own.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setDevice } from '../../src/index.js';

const PACKAGE = fileURLToPath(new URL('../../test-webgpu', import.meta.url));
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Opens WebGPU, and goes back to the CPU; false where there is none, which is an error if `REQUIRE_WEBGPU` is 1. */
export async function openWebgpu(): Promise<boolean> {
  const { env } = process;
  env['CHAINRULE_WEBGPU_PACKAGE'] ??= PACKAGE;
  // Filling workgroup memory with zeros takes SwiftShader seconds a kernel; none reads what it has not written.
  env['CHAINRULE_WEBGPU'] ??= 'enable-dawn-features=disable_workgroup_init';
  if (existsSync(DRIVER)) env['VK_DRIVER_FILES'] ??= DRIVER;
  try {
    await setDevice('webgpu');
    await setDevice('cpu');
    return true;
  } catch (error) {
    if (env['REQUIRE_WEBGPU'] === '1') throw error;
    console.warn(
      `WebGPU IS NOT TESTED HERE: ${error instanceof Error ? error.message : String(error)}`,
    );
    return false;
  }
}
