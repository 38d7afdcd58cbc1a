/** @file Where computations can run. */
import { DeviceError } from '../errors.js';

/** The devices that there are here. */
export const deviceNames: readonly string[] = ['cpu'];

/** Refuses a device that is not there. */
export function checkDevice(op: string, device: string): void {
  if (deviceNames.includes(device)) return;
  throw new DeviceError(
    `${op}: there is no device '${String(device)}' here; available: ${deviceNames.join(', ')}`,
  );
}
