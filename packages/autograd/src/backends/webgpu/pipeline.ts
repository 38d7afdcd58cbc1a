/** @file A compiled shader: compiled synchronously when it is first needed, or ahead of time without blocking. */
import { DeviceError } from '../../errors.js';
import type { GpuDevice, GpuObject } from './gpuApi.js';

export class Pipeline {
  /** The reason why it could not be compiled. */
  error: DeviceError | null = null;
  private readonly device: GpuDevice;
  private readonly layout: GpuObject;
  private readonly code: string;
  private made: GpuObject | null = null;
  private making: Promise<void> | null = null;

  constructor(device: GpuDevice, layout: GpuObject, code: string) {
    this.device = device;
    this.layout = layout;
    this.code = code;
  }

  /** Compiles it now, unless it is compiled already. */
  get pipeline(): GpuObject {
    if (this.made !== null) return this.made;
    const { device } = this;
    device.pushErrorScope('validation');
    this.made = device.createComputePipeline(this.options());
    void device.popErrorScope().then((error) => {
      if (error !== null) this.refuse(error.message);
    });
    return this.made;
  }

  /** Compiles it without blocking. */
  ready(): Promise<void> {
    if (this.made !== null) return Promise.resolve();
    return (this.making ??= this.make());
  }

  private async make(): Promise<void> {
    const { device } = this;
    device.pushErrorScope('validation');
    const making = device.createComputePipelineAsync(this.options());
    const scope = device.popErrorScope();
    try {
      const pipeline = await making;
      this.made ??= pipeline;
    } catch (error) {
      this.refuse(
        (await scope)?.message ?? (error instanceof Error ? error.message : String(error)),
      );
    }
  }

  private options(): object {
    const module = this.device.createShaderModule({ code: this.code });
    return { layout: this.layout, compute: { module, entryPoint: 'main' } };
  }

  private refuse(message: string): void {
    this.error = new DeviceError(`webgpu: a kernel did not compile: ${message}\n${this.code}`);
  }
}
