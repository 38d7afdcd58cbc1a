/** @file The part of the WebGPU API that is used here, as browsers and the npm package `webgpu` provide it. */

export interface GpuBuffer {
  readonly size: number;
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

/** An opaque object of WebGPU. */
export interface GpuObject {
  readonly label?: string;
}

export interface GpuQuerySet extends GpuObject {
  destroy(): void;
}

export interface GpuComputePass {
  setPipeline(pipeline: GpuObject): void;
  setBindGroup(index: number, group: GpuObject): void;
  dispatchWorkgroups(x: number, y?: number): void;
  end(): void;
}

export interface GpuEncoder {
  beginComputePass(options?: {
    timestampWrites?: {
      querySet: GpuQuerySet;
      beginningOfPassWriteIndex: number;
      endOfPassWriteIndex: number;
    };
  }): GpuComputePass;
  copyBufferToBuffer(from: GpuBuffer, at: number, to: GpuBuffer, toAt: number, bytes: number): void;
  resolveQuerySet(set: GpuQuerySet, first: number, count: number, to: GpuBuffer, at: number): void;
  finish(): GpuObject;
}

export interface GpuQueue {
  writeBuffer(
    buffer: GpuBuffer,
    at: number,
    data: ArrayBufferView,
    first?: number,
    count?: number,
  ): void;
  submit(commands: readonly GpuObject[]): void;
  onSubmittedWorkDone(): Promise<void>;
}

export interface GpuLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupStorageSize: number;
}

export interface GpuError {
  readonly message: string;
}

export interface GpuDevice {
  readonly queue: GpuQueue;
  readonly limits: GpuLimits;
  readonly features: ReadonlySet<string>;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  createBuffer(options: { size: number; usage: number }): GpuBuffer;
  createShaderModule(options: { code: string }): GpuObject;
  createBindGroupLayout(options: object): GpuObject;
  createPipelineLayout(options: object): GpuObject;
  createBindGroup(options: object): GpuObject;
  createComputePipeline(options: object): GpuObject;
  createComputePipelineAsync(options: object): Promise<GpuObject>;
  createCommandEncoder(): GpuEncoder;
  createQuerySet(options: { type: 'timestamp'; count: number }): GpuQuerySet;
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void;
  popErrorScope(): Promise<GpuError | null>;
  addEventListener(type: 'uncapturederror', f: (event: { error: GpuError }) => void): void;
  destroy(): void;
}

export interface GpuAdapter {
  readonly limits: GpuLimits;
  readonly features: ReadonlySet<string>;
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  };
  requestDevice(options: object): Promise<GpuDevice>;
}

export interface Gpu {
  requestAdapter(options?: object): Promise<GpuAdapter | null>;
}

/** Bits of `GPUBufferUsage`. */
export const USAGE = {
  mapRead: 1,
  copySource: 4,
  copyTarget: 8,
  uniform: 64,
  storage: 128,
  queryResolve: 512,
} as const;

/** `GPUMapMode.READ`. */
export const MAP_READ = 1;
/** `GPUShaderStage.COMPUTE`. */
export const COMPUTE = 4;
