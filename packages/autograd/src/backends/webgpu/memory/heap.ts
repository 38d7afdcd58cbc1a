/**
 * @file The memory of a device: one buffer as an address space, with values, cells and the arena as ranges of it.
 *
 * It is bound once, so a kernel may read and write any number of values at any address. Addresses count words of four bytes.
 * When the buffer is full, its contents move to a larger one, and addresses stay the same.
 */
import { DeviceError } from '../../../errors.js';
import { FreeBlocks } from '../../../engine/compile/freeBlocks.js';
import { MemoryPressure } from './pressure.js';
import { USAGE, type GpuBuffer, type GpuDevice } from '../gpuApi.js';

/** Values begin at multiples of this many words. */
export const ALIGN = 4;
const FIRST_BYTES = 2 ** 24;

export class Heap {
  buffer: GpuBuffer;
  /** Grows whenever the buffer is replaced: then everything that binds it must be bound again. */
  generation = 0;
  /** Words in use. */
  used = 0;
  private readonly gaps = new FreeBlocks();
  private readonly device: GpuDevice;
  /** The largest size in bytes. */
  readonly limit: number;
  private readonly pressure: MemoryPressure;

  constructor(device: GpuDevice) {
    this.device = device;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.limit = Math.min(maxBufferSize, maxStorageBufferBindingSize, 2 ** 34 - 2 ** 16);
    this.pressure = new MemoryPressure(this.limit);
    this.buffer = this.make(Math.min(FIRST_BYTES, this.limit));
  }

  /** The host memory that a value of this many bytes holds, or null. */
  weightOf(bytes: number): ArrayBuffer | null {
    return this.pressure.weightOf(bytes, this.used * 4);
  }

  get bytes(): number {
    return this.buffer.size;
  }

  /** @throws {DeviceError} if there is no room. */
  allocate(words: number): number {
    if (!Number.isSafeInteger(words)) throw new Error(`webgpu: ${words} words were asked for`);
    const size = roundUp(words);
    if (size * 4 > this.limit) throw this.tooLarge(words * 4);
    const at = this.gaps.allocate(size);
    if (this.gaps.highest * 4 > this.buffer.size) {
      try {
        this.grow(this.gaps.highest * 4, words * 4);
      } catch (error) {
        this.gaps.free(at, size);
        this.gaps.highest = this.buffer.size / 4;
        throw error;
      }
    }
    this.used += size;
    this.pressure.onGrow(this.used * 4);
    return at;
  }

  release(at: number, words: number): void {
    const size = roundUp(words);
    this.used -= size;
    this.pressure.onFree(this.used * 4);
    this.gaps.free(at, size);
  }

  private grow(bytes: number, asked: number): void {
    if (bytes > this.limit) throw this.refused(asked);
    const old = this.buffer;
    const size = Math.min(this.limit, Math.max(2 * old.size, Math.ceil(bytes / 2 ** 20) * 2 ** 20));
    const larger = this.make(size);
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(old, 0, larger, 0, old.size);
    this.device.queue.submit([encoder.finish()]);
    old.destroy(); // when the copy is done
    this.buffer = larger;
    this.generation++;
  }

  private make(size: number): GpuBuffer {
    return this.device.createBuffer({
      size,
      usage: USAGE.storage | USAGE.copySource | USAGE.copyTarget,
    });
  }

  private tooLarge(bytes: number): DeviceError {
    return new DeviceError(
      `webgpu: ${mebi(bytes)} are needed at once, but kernels on this device can access only ${mebi(this.limit)} ` +
        "(maxStorageBufferBindingSize): compute in smaller parts, or on the CPU: await x.to('cpu')",
    );
  }

  private refused(bytes: number): DeviceError {
    return new DeviceError(
      `webgpu: out of memory: ${mebi(bytes)} are needed, ${mebi(this.used * 4)} of at most ${mebi(this.limit)} on this ` +
        'device are in use; dropped values are freed when the event loop turns, so await now and then: await loss.itemAsync()',
    );
  }
}

function mebi(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function roundUp(words: number): number {
  return Math.max(ALIGN, Math.ceil(words / ALIGN) * ALIGN);
}
