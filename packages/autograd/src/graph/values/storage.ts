/** @file What holds the elements of a value: an array of JavaScript, or a range of a device's memory. */
import { DeviceError } from '../../errors.js';
import type { DeviceName } from '../device.js';
import type { ArrayOf, DType, TypedArray } from '../dtype.js';

/** Where elements lie in a buffer of WebGPU. */
export interface GpuRange {
  /** The `GPUBuffer`. */
  readonly buffer: object;
  /** Bytes before the elements. */
  readonly offset: number;
  /** Bytes that the elements take: four each, whatever the dtype. */
  readonly size: number;
}

/** Elements that lie on a device: they can be handed on, and read only by waiting for them. */
export interface DeviceStorage {
  readonly device: DeviceName;
  readonly dtype: DType;
  readonly length: number;
  readonly byteLength: number;
  /** A copy in memory of its own. */
  slice(): DeviceStorage;
  /** Calls `undo` should the run that wrote them turn out to have failed; it goes back to elements that are `kept`. */
  onFailure(undo: () => void, kept: Storage): void;
  /** Where they lie, as soon as everything that writes them has been submitted. */
  range(): Promise<GpuRange>;
  /** The elements; rejects with what went wrong while they were computed. */
  read(): Promise<ArrayOf<DType>>;
}

/** The elements of a value, wherever they lie. */
export type Storage = TypedArray | DeviceStorage;

/** Of numbers of the host that runs on a device have computed, whom to tell what to undo. */
export const undoable: { of: WeakMap<TypedArray, Pick<DeviceStorage, 'onFailure'>> | null } = {
  of: null,
};

/** Whether elements can be looked at without waiting. */
export function isHost(storage: Storage): storage is TypedArray {
  return ArrayBuffer.isView(storage);
}

/** Elements that a caller can read at once. @throws {DeviceError} for those on a device. */
export function onHost(storage: Storage, op: string): TypedArray {
  if (isHost(storage)) return storage;
  throw new DeviceError(
    `${op}: the tensor is on ${storage.device}, whose values cannot be read synchronously; await them: ` +
      "await t.data(), await t.itemAsync(), await t.toArrayAsync(), or move the tensor: await t.to('cpu')",
  );
}
