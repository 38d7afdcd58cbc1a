/** @file Where computations can run. */
import { display } from '../arguments/index.js';
import { DeviceError } from '../errors.js';

/** The devices that there are here. */
export const deviceNames: readonly string[] = ['cpu'];

/** Refuses a device that is not there. */
export function checkDevice(op: string, device: unknown): void {
  if ((deviceNames as readonly unknown[]).includes(device)) return;
  throw new DeviceError(
    `${op}: there is no device ${display(device)} here; available: ${deviceNames.join(', ')}`,
  );
}
