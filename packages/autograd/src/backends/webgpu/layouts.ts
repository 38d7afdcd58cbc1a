/**
 * @file What kernels bind: the heap, their parameter block, and the words of faults; one layout for each length of the block.
 * With a single layout for all, WebGPU as Firefox and Deno have it (wgpu) holds the block of a kernel against the text of the
 * one before it.
 */
import { COMPUTE, type GpuDevice, type GpuObject } from './gpuApi.js';
import { VECTOR_BYTES } from './wgsl/shader.js';

/** How the groups of kernels with a block of one length are laid out, and their pipelines. */
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

  /** The layout for blocks of so many vectors. */
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
