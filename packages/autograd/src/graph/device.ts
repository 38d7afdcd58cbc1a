/** @file The devices on which computations can run, and the device of an operation's operands. */
import { display } from '../arguments/index.js';
import { DeviceError } from '../errors.js';
import { show } from './shape.js';
import type { Tensor } from './tensor.js';

/** What may hold tensors: the machine's own memory, or a GPU's. */
export type DeviceName = 'cpu' | 'webgpu';

/** @internal The devices that have been opened, and the one where new tensors are made. */
export const placement: { readonly open: Set<DeviceName>; chosen: DeviceName } = {
  open: new Set<DeviceName>(['cpu']),
  chosen: 'cpu',
};

/** Refuses a device that does not exist, or has not been opened yet. */
export function checkDevice(op: string, device: unknown): DeviceName {
  if ((placement.open as ReadonlySet<unknown>).has(device)) return device as DeviceName;
  if (device === 'webgpu') {
    throw new DeviceError(`${op}: webgpu has not been opened yet: await setDevice('webgpu') first`);
  }
  throw new DeviceError(
    `${op}: there is no device ${display(device)} here; available: ${[...placement.open].join(', ')}`,
  );
}

/**
 * The device on which an operation on these inputs runs: that of the inputs. Null if they fit any device: JavaScript numbers,
 * and tensors made from numbers alone.
 * @throws {DeviceError} for inputs on two devices.
 */
export function homeOf(op: string, inputs: readonly Tensor[]): DeviceName | null {
  let home: DeviceName | null = null;
  for (const x of inputs) {
    if (x.home === null || x.home === home || goesAlong(x)) continue;
    if (home !== null) throw mixed(op, inputs);
    home = x.home;
  }
  return home;
}

/** A scalar on the host with a known value, which can be used on any device. */
function goesAlong(x: Tensor): boolean {
  return x.home === 'cpu' && x.sizes.length === 0 && x.value !== null && !x.needsGrad;
}

function mixed(op: string, inputs: readonly Tensor[]): DeviceError {
  const locations = inputs.flatMap((x, i) =>
    x.home === null || goesAlong(x)
      ? []
      : [`operand ${i + 1}, ${x.dtype} of shape ${show(x.sizes)}, on ${x.home}`],
  );
  return new DeviceError(
    `${op}: its operands are on two devices: ${locations.join('; ')}. Move one: x.to('webgpu'), or await x.to('cpu')`,
  );
}

/** @internal Refuses a float64 tensor on a device without float64. */
export function refuseDoubles(op: string): never {
  throw new DeviceError(
    `${op}: webgpu has no float64; use float32 ({ dtype: 'float32' }, x.cast('float32')), or the CPU: ` +
      `{ device: 'cpu' }, await x.to('cpu')`,
  );
}
