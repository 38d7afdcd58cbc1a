/** @file Reads words of the heap back from a device, together with the fault words, through mapped buffers. */
import { DeviceError } from '../../../errors.js';
import { MAP_READ, USAGE, type GpuBuffer } from '../gpuApi.js';
import type { GpuRuntime } from '../runtime.js';
import { FAULT_WORDS } from '../wgsl/shader.js';

/** The most buffers that are kept for the next reads. */
const MAX_CACHED_BUFFERS = 8;
/** How long after a failed read a device may still report that it is lost. */
const LATE_MS = 100;
/** The fault words come first. */
export const FAULT_BYTES = FAULT_WORDS * 4;

export class Readback {
  private readonly runtime: GpuRuntime;
  private readonly buffers: GpuBuffer[] = [];

  constructor(runtime: GpuRuntime) {
    this.runtime = runtime;
  }

  /** Fetches the fault words, followed by words of the heap. */
  fetch(at: number, words: number): { readonly mapped: Promise<ArrayBuffer> } {
    const { device, heap, faults } = this.runtime;
    const bytes = words * 4;
    const staging = this.take(FAULT_BYTES + bytes);
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(faults.buffer, 0, staging, 0, FAULT_BYTES);
    if (bytes > 0) encoder.copyBufferToBuffer(heap.buffer, at * 4, staging, FAULT_BYTES, bytes);
    this.runtime.submit(encoder.finish());
    return { mapped: this.mapped(staging, FAULT_BYTES + bytes) };
  }

  private async mapped(staging: GpuBuffer, bytes: number): Promise<ArrayBuffer> {
    let words: ArrayBuffer;
    try {
      await staging.mapAsync(MAP_READ);
      words = staging.getMappedRange().slice(0, bytes);
      staging.unmap(); // fails in Deno if the device is lost
    } catch (error) {
      // The cause is reported first: the loss of a device becomes known somewhat later than what fails because of it.
      await Promise.race([this.runtime.device.lost, new Promise((go) => setTimeout(go, LATE_MS))]);
      this.runtime.check();
      throw new DeviceError(
        `webgpu: reading failed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    this.runtime.hasWaited();
    if (this.buffers.length < MAX_CACHED_BUFFERS) this.buffers.push(staging);
    else staging.destroy();
    return words;
  }

  private take(bytes: number): GpuBuffer {
    const at = this.buffers.findIndex(({ size }) => size >= bytes && size <= 4 * bytes + 1024);
    const [found] = at < 0 ? [] : this.buffers.splice(at, 1);
    const size = Math.ceil(bytes / 256) * 256;
    const usage = USAGE.mapRead | USAGE.copyTarget;
    return found ?? this.runtime.device.createBuffer({ size, usage });
  }
}
