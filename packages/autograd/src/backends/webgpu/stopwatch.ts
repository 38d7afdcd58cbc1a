/**
 * @file Times kernels on the device: each in a pass of its own between two timestamps if the device has them; otherwise in a
 * submit of its own, timed by when the queue has finished it.
 */
import type { Meter, Work } from '../../engine/program.js';
import { MAP_READ, USAGE, type GpuBuffer, type GpuComputePass, type GpuEncoder } from './gpuApi.js';
import type { GpuRuntime } from './runtime.js';

/** The most kernels that are timed in one submit. */
const MAX_TIMED_KERNELS = 256;

export class Stopwatch {
  private readonly runtime: GpuRuntime;
  private readonly meter: Meter;
  private readonly stamps: boolean;
  private works: Work[] = [];
  private staging: GpuBuffer | null = null;
  private set: ReturnType<GpuRuntime['device']['createQuerySet']> | null = null;

  constructor(runtime: GpuRuntime, meter: Meter) {
    this.runtime = runtime;
    this.meter = meter;
    this.stamps = runtime.device.features.has('timestamp-query');
  }

  /** Whether the recorded kernels must be submitted before more can be timed. */
  get full(): boolean {
    return this.works.length >= (this.stamps ? MAX_TIMED_KERNELS : 1);
  }

  /** A pass for one kernel. */
  begin(encoder: GpuEncoder, work: (meter: Meter) => Work): GpuComputePass {
    const at = 2 * (this.works.push(work(this.meter)) - 1);
    if (!this.stamps) return encoder.beginComputePass();
    this.set ??= this.runtime.device.createQuerySet({
      type: 'timestamp',
      count: 2 * MAX_TIMED_KERNELS,
    });
    return encoder.beginComputePass({
      timestampWrites: {
        querySet: this.set,
        beginningOfPassWriteIndex: at,
        endOfPassWriteIndex: at + 1,
      },
    });
  }

  /** Records the copy of the timestamps; call before the submit. */
  resolve(encoder: GpuEncoder): void {
    const count = 2 * this.works.length;
    if (this.set === null || count === 0) return;
    const { device } = this.runtime;
    const size = 8 * count;
    const resolved = device.createBuffer({
      size,
      usage: USAGE.queryResolve | USAGE.copySource,
    });
    this.staging = device.createBuffer({ size, usage: USAGE.mapRead | USAGE.copyTarget });
    encoder.resolveQuerySet(this.set, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, this.staging, 0, size);
  }

  /** Reports the times as soon as they are known; call after the submit. */
  report(): void {
    const { works, staging } = this;
    if (works.length === 0) return;
    this.works = [];
    this.staging = null;
    this.meter.later(
      staging === null ? this.byQueue(works[0] as Work) : this.byStamps(works, staging),
    );
  }

  private async byStamps(works: readonly Work[], staging: GpuBuffer): Promise<void> {
    await staging.mapAsync(MAP_READ);
    const times = new BigUint64Array(staging.getMappedRange().slice(0));
    staging.destroy();
    // A timestamp may be missing if a kernel took no time.
    works.forEach((work, i) => {
      const ns = Number((times[2 * i + 1] as bigint) - (times[2 * i] as bigint));
      this.meter.report(work, Math.max(0, ns) / 1e6);
    });
  }

  private async byQueue(work: Work): Promise<void> {
    const { queue } = this.runtime.device;
    const begun = performance.now();
    await queue.onSubmittedWorkDone();
    const now = performance.now();
    this.meter.report(work, now - Math.max(begun, this.last));
    this.last = now;
  }

  /** When the queue finished the previous kernel. */
  private last = 0;
}
