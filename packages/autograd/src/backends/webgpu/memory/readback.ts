/** @file What comes back from a device: words of the heap, behind those that say what has failed, by way of mapped buffers. */
import { DeviceError } from '../../../errors.js';
import { MAP_READ, USAGE, type GpuBuffer } from '../gpuApi.js';
import type { GpuRuntime } from '../runtime.js';
import { FAULT_WORDS } from '../wgsl/shader.js';

/** So many buffers are kept for the next reads. */
const MOST_KEPT = 8;
/** So long after a read that failed a device may still say that it is lost. */
const LATE_MS = 100;
/** The words of a fault come first. */
export const FAULT_BYTES = FAULT_WORDS * 4;

export class Readback {
  private readonly runtime: GpuRuntime;
  private readonly kept: GpuBuffer[] = [];

  constructor(runtime: GpuRuntime) {
    this.runtime = runtime;
  }

  /** The fault words, and behind them words of the heap. */
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
      staging.unmap(); // fails in Deno where the device is lost
    } catch (error) {
      // What came before it is told first: that a device is lost is known somewhat later than what fails by it.
      await Promise.race([this.runtime.device.lost, new Promise((go) => setTimeout(go, LATE_MS))]);
      this.runtime.check();
      throw new DeviceError(
        `webgpu: reading failed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    this.runtime.hasWaited();
    if (this.kept.length < MOST_KEPT) this.kept.push(staging);
    else staging.destroy();
    return words;
  }

  private take(bytes: number): GpuBuffer {
    const at = this.kept.findIndex(({ size }) => size >= bytes && size <= 4 * bytes + 1024);
    const [found] = at < 0 ? [] : this.kept.splice(at, 1);
    const size = Math.ceil(bytes / 256) * 256;
    const usage = USAGE.mapRead | USAGE.copyTarget;
    return found ?? this.runtime.device.createBuffer({ size, usage });
  }
}
