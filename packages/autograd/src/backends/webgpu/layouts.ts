/**
 * @file The bind group layouts of kernels: the heap, the kernel's parameter block, and the fault words; one layout for each
 * length of the block. With a single layout for all, wgpu, the WebGPU of Firefox and Deno, validates the block of a kernel
 * against the shader of the one before it.
 */
import { COMPUTE, type GpuDevice, type GpuObject } from './gpuApi.js';
import { VECTOR_BYTES } from './wgsl/shader.js';

/** The bind group layout and the pipeline layout of kernels with blocks of one length. */
export interface Layout {
  readonly group: GpuObject;
  readonly pipeline: GpuObject;
}

export class Layouts {
  private readonly device: GpuDevice;
  private readonly made: Layout[] = [];

  constructor(device: GpuDevice) {
    this.device = device;
  }

  /** The layout for blocks of this many vectors. */
  of(vectors: number): Layout {
    return (this.made[vectors] ??= this.make(vectors * VECTOR_BYTES));
  }

  private make(bytes: number): Layout {
    const { device } = this;
    const entry = (binding: number, buffer: object): object => ({
      binding,
      visibility: COMPUTE,
      buffer,
    });
    const group = device.createBindGroupLayout({
      entries: [
        entry(0, { type: 'storage' }),
        entry(1, { type: 'uniform', minBindingSize: bytes }),
        entry(2, { type: 'storage' }),
      ],
    });
    return { group, pipeline: device.createPipelineLayout({ bindGroupLayouts: [group] }) };
  }
}
