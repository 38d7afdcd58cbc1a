/**
 * @file What the kernels of a program read besides the heap: a block of words each, and the numbers from the host. A ring of
 * copies lets several steps of a loop be recorded before any is submitted.
 */
import type { TypedArray } from '../../graph/dtype.js';
import { USAGE, type GpuBuffer, type GpuObject } from './gpuApi.js';
import type { Recorder, Uploading } from './recorder.js';
import type { GpuRuntime } from './runtime.js';
import { VECTOR_BYTES, vectorsOf, type Shader } from './wgsl/shader.js';

/** Blocks, and the memory of a program, are aligned to this many words. */
export const BLOCK = 64;
/** A number from the host: as a float, and as an integer of two words. */
const NUMBER_WORDS = 4;
/** The most steps of a loop, and the most words, whose blocks are uploaded together. */
const MAX_COPIES = 64;
const MAX_WORDS = 2 ** 16;

export class ParameterBlocks implements Uploading {
  private readonly runtime: GpuRuntime;
  private readonly shaders: readonly Shader[];
  /** The offset of each shader's block, in words. */
  private readonly starts: readonly number[];
  private readonly blockWords: number;
  private readonly copies: number;
  private readonly data: Uint32Array;
  private readonly buffer: GpuBuffer;
  private groups: GpuObject[][] = [];
  private generation = -1;
  private readonly numberWords: number;
  private readonly numbers: Uint32Array;
  /** The address of the numbers of the first copy. */
  private numbersAt = 0;
  private copy = 0;
  /** How many copies are read by commands that have not been submitted. */
  private pending = 0;

  /** `numbers` is how many the host passes at each step, `times` how many steps a run has, approximately. */
  constructor(runtime: GpuRuntime, shaders: readonly Shader[], numbers: number, times: number) {
    this.runtime = runtime;
    this.shaders = shaders;
    let words = 0;
    this.starts = shaders.map((shader) => {
      const start = words;
      words += Math.ceil(shader.words.length / BLOCK) * BLOCK;
      return start;
    });
    this.blockWords = Math.max(BLOCK, words);
    const most = Math.min(times, MAX_COPIES, Math.floor(MAX_WORDS / this.blockWords));
    this.copies = Math.max(1, most);
    this.data = new Uint32Array(this.copies * this.blockWords);
    this.eachWord((word, at) => {
      if (word.kind !== 'number') return;
      for (let c = 0; c < this.copies; c++) this.data[c * this.blockWords + at] = word.value;
    });
    this.buffer = runtime.device.createBuffer({
      size: this.data.byteLength,
      usage: USAGE.uniform | USAGE.copyTarget,
    });
    this.numberWords = numbers * NUMBER_WORDS;
    this.numbers = new Uint32Array(this.copies * this.numberWords);
  }

  /** The words of the heap that the numbers take. */
  get heapWords(): number {
    return this.numbers.length;
  }

  /** Begins a step; its numbers are relative to an address. */
  begin(recorder: Recorder, numbersAt: number): void {
    // Data that pending commands read must not be overwritten.
    if (this.pending >= this.copies) {
      recorder.flush();
      this.pending = 0;
    }
    this.pending++;
    this.copy = (this.copy + 1) % this.copies;
    this.numbersAt = numbersAt;
    recorder.touch(this);
  }

  /** Sets a number of the step, an array of one element; returns its address. */
  setNumber(k: number, array: TypedArray): number {
    const at = this.copy * this.numberWords + k * NUMBER_WORDS;
    writeNumber(this.numbers, at, array);
    return this.numbersAt + at;
  }

  /**
   * Writes the block of a shader for the step and returns its bind group. `fault` is the word that it sets if it refuses a
   * value.
   */
  write(index: number, addresses: Uint32Array, fault: number): GpuObject {
    const { data, copy, blockWords } = this;
    const { words } = this.shaders[index] as Shader;
    const start = copy * blockWords + (this.starts[index] as number);
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      if (word.kind === 'address')
        data[start + i] = (addresses[word.buffer] as number) + word.offset;
      else if (word.kind === 'fault') data[start + i] = fault;
    }
    return this.groupsOf(copy)[index] as GpuObject;
  }

  upload(): void {
    const { device, heap } = this.runtime;
    if (this.shaders.length > 0) device.queue.writeBuffer(this.buffer, 0, this.data);
    if (this.numbers.length > 0)
      device.queue.writeBuffer(heap.buffer, this.numbersAt * 4, this.numbers);
    // A step that continues after the submit keeps its copy.
    this.pending = Math.min(this.pending, 1);
  }

  destroy(): void {
    this.buffer.destroy();
  }

  private eachWord(f: (word: Shader['words'][number], at: number) => void): void {
    this.shaders.forEach(({ words }, k) =>
      words.forEach((word, i) => f(word, (this.starts[k] as number) + i)),
    );
  }

  private groupsOf(copy: number): readonly GpuObject[] {
    const { device, heap, layouts, faults } = this.runtime;
    if (this.generation !== heap.generation) {
      this.generation = heap.generation;
      this.groups = [];
    }
    return (this.groups[copy] ??= this.shaders.map(({ words }, k) => {
      const offset = (copy * this.blockWords + (this.starts[k] as number)) * 4;
      const vectors = vectorsOf(words.length);
      const size = vectors * VECTOR_BYTES;
      return device.createBindGroup({
        layout: layouts.of(vectors).group,
        entries: [
          { binding: 0, resource: { buffer: heap.buffer } },
          { binding: 1, resource: { buffer: this.buffer, offset, size } },
          { binding: 2, resource: { buffer: faults.buffer } },
        ],
      });
    }));
  }
}

function writeNumber(block: Uint32Array, at: number, array: TypedArray): void {
  const x = array[0] as number;
  if (array instanceof Int32Array || array instanceof Uint8Array) {
    block[at] = x;
    return;
  }
  new Float32Array(block.buffer)[at] = x;
  if (array instanceof Float64Array) {
    block[at + 1] = x % 2 ** 32;
    block[at + 2] = Math.floor(x / 2 ** 32);
  }
}
