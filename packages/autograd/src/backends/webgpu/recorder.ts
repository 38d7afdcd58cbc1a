/**
 * @file Records the kernels of a run: into one submit, or into several if the run continues depending on values that only the
 * device knows.
 */
import type { Meter, Work } from '../../engine/program.js';
import { ChainruleError } from '../../errors.js';
import type { GpuComputePass, GpuEncoder, GpuObject } from './gpuApi.js';
import type { Pipeline } from './pipeline.js';
import type { GpuRuntime } from './runtime.js';
import type { Stopwatch } from './stopwatch.js';
import { MAX_WORKGROUPS } from './wgsl/shader.js';

/** Data that the recorded kernels read besides the heap, to be uploaded before they are submitted. */
export interface Uploading {
  upload(): void;
}

/** A kernel to be dispatched, and its work. */
export interface Dispatched {
  readonly pipeline: Pipeline;
  readonly work: (meter: Meter) => Work;
}

/** Steps of a run, which yield the address of a word they need and are resumed with that word. */
export type Steps = Generator<number, void, number>;

export class Recorder {
  /** The number of the run. */
  run = 0;
  private readonly runtime: GpuRuntime;
  private encoder: GpuEncoder | null = null;
  private pass: GpuComputePass | null = null;
  private readonly touched = new Set<Uploading>();
  /** Set while a profile is taken. */
  watch: Stopwatch | null = null;

  constructor(runtime: GpuRuntime) {
    this.runtime = runtime;
  }

  /** Registers blocks whose `upload` is called before the next submit. */
  touch(blocks: Uploading): void {
    this.touched.add(blocks);
  }

  dispatch({ pipeline, work }: Dispatched, group: GpuObject, groups: number): void {
    const { watch } = this;
    if (watch?.full === true) this.flush();
    this.encoder ??= this.runtime.device.createCommandEncoder();
    this.pass ??= watch?.begin(this.encoder, work) ?? this.encoder.beginComputePass();
    this.pass.setPipeline(pipeline.pipeline);
    this.pass.setBindGroup(0, group);
    this.pass.dispatchWorkgroups(
      Math.min(groups, MAX_WORKGROUPS),
      Math.ceil(groups / MAX_WORKGROUPS),
    );
    this.runtime.dispatches++;
    if (watch === null) return;
    this.pass.end();
    this.pass = null;
  }

  /** Submits what was recorded. */
  flush(): void {
    for (const blocks of this.touched) blocks.upload();
    this.touched.clear();
    if (this.encoder === null) return;
    this.pass?.end();
    this.watch?.resolve(this.encoder);
    this.runtime.submit(this.encoder.finish());
    this.encoder = null;
    this.pass = null;
    this.watch?.report();
  }

  /** Records all steps of a run; returns a promise if they have to wait for the device. */
  take(steps: Steps): void | Promise<void> {
    const { run, runtime } = this;
    const fail = async (error: unknown): Promise<void> => {
      this.flush();
      if (!(error instanceof ChainruleError)) return runtime.fail(String(error));
      // An earlier failure is reported instead.
      if ((await runtime.readWord(0)).fault === 0) runtime.faults.raise(run, error);
    };
    let next: IteratorResult<number, void>;
    try {
      next = steps.next();
    } catch (error) {
      return fail(error);
    }
    if (next.done !== true) return this.wait(steps, next.value).catch(fail);
    this.flush();
  }

  private async wait(steps: Steps, first: number): Promise<void> {
    const { run } = this;
    let at = first;
    for (;;) {
      this.flush();
      const { word, fault } = await this.runtime.readWord(at);
      // From there on nothing changes any more.
      if (fault !== 0) return;
      this.run = run;
      const next = steps.next(word);
      if (next.done === true) break;
      at = next.value;
    }
    this.flush();
  }
}
