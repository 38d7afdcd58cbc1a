/** @file Storage: what holds the elements of a value, a JavaScript array or a range of a device's memory. */
import { DeviceError } from '../../errors.js';
import type { DeviceName } from '../device.js';
import type { ArrayOf, DType, TypedArray } from '../dtype.js';

/** The range of a WebGPU buffer that holds elements. */
export interface GpuRange {
  /** The `GPUBuffer`. */
  readonly buffer: object;
  /** Bytes before the elements. */
  readonly offset: number;
  /** Bytes that the elements take: four each, whatever the dtype. */
  readonly size: number;
}

/** Elements on a device: they can be passed on, but reading them is asynchronous. */
export interface DeviceStorage {
  readonly device: DeviceName;
  readonly dtype: DType;
  readonly length: number;
  readonly byteLength: number;
  /** A copy in memory of its own. */
  slice(): DeviceStorage;
  /** Calls `undo` if the run that wrote them turns out to have failed; `undo` returns to the elements `previous`. */
  onFailure(undo: () => void, previous: Storage): void;
  /** The range that holds them, once everything that writes them has been submitted. */
  range(): Promise<GpuRange>;
  /** The elements; rejects with the error of the run that computed them. */
  read(): Promise<ArrayOf<DType>>;
}

/** The elements of a value, on the host or on a device. */
export type Storage = TypedArray | DeviceStorage;

/** For host numbers that device runs computed: where to register what to undo if the run fails. */
export const undoable: { of: WeakMap<TypedArray, Pick<DeviceStorage, 'onFailure'>> | null } = {
  of: null,
};

/** Whether elements can be read synchronously. */
export function isHost(storage: Storage): storage is TypedArray {
  return ArrayBuffer.isView(storage);
}

/** Elements that can be read synchronously. @throws {DeviceError} for those on a device. */
export function onHost(storage: Storage, op: string): TypedArray {
  if (isHost(storage)) return storage;
  throw new DeviceError(
    `${op}: the tensor is on ${storage.device}, whose values cannot be read synchronously; await them: ` +
      "await t.data(), await t.itemAsync(), await t.toArrayAsync(), or move the tensor: await t.to('cpu')",
  );
}
