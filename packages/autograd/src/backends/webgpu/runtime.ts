/** @file A device in use: its heap, its pipelines, uploads and reads, and errors that concern the whole device. */
import { DeviceError } from '../../errors.js';
import type { ArrayOf, DType, TypedArray } from '../../graph/dtype.js';
import type { GpuRange } from '../../graph/values/storage.js';
import { arrayFrom, DeviceArray, wordsOf } from './memory/deviceArray.js';
import type { OpenedDevice } from './adapter.js';
import { Faults } from './faults.js';
import { USAGE, type GpuBuffer, type GpuDevice, type GpuObject } from './gpuApi.js';
import { Heap } from './memory/heap.js';
import { Layouts } from './layouts.js';
import { WorkQueue } from './workQueue.js';
import { Pipeline } from './pipeline.js';
import { FAULT_BYTES, Readback } from './memory/readback.js';
import { Recorder } from './recorder.js';
import { Residents } from './memory/residents.js';
import { afterEventLoopTurn } from './eventLoop.js';
import { vectorsOf, type Shader } from './wgsl/shader.js';

/** The most runs that may be queued before the event loop turns: only then is what a queue holds freed. */
const MAX_QUEUED_RUNS = 2000;

const REOPEN_HINT =
  "await setDevice('webgpu') again, and start from a checkpoint or from values on the host";

export class GpuRuntime {
  readonly device: GpuDevice;
  readonly description: string;
  readonly heap: Heap;
  readonly layouts: Layouts;
  readonly faults: Faults;
  readonly residents: Residents;
  readonly order = new WorkQueue();
  readonly recorder: Recorder;
  /** The number of dispatched kernels, and of submits. */
  dispatches = 0;
  submits = 0;
  /** The address of the arena for the intermediate values of all plans, and its size. */
  arena = 0;
  private arenaWords = 0;
  private readonly pipelines = new Map<string, Pipeline>();
  private readonly dropped: FinalizationRegistry<{ at: number; words: number }>;
  private runsInTurn = 0;
  /** An error that affects everything: the device was lost, or a shader did not compile. */
  private broken: DeviceError | null = null;
  private readonly readback = new Readback(this);
  private readonly onLost: () => void;

  /** `onLost` is called once the device can no longer be used. */
  constructor({ device, description }: OpenedDevice, onLost: () => void) {
    this.device = device;
    this.onLost = onLost;
    this.description = description;
    this.heap = new Heap(device);
    this.faults = new Faults(device);
    this.residents = new Residents(this);
    this.recorder = new Recorder(this);
    this.dropped = new FinalizationRegistry(({ at, words }) => this.heap.release(at, words));
    this.layouts = new Layouts(device);
    void device.lost.then(({ reason, message }) => {
      if (this.broken !== null) return; // given up earlier, and perhaps replaced
      this.broken = new DeviceError(
        `webgpu: the device was lost (${reason === 'destroyed' ? 'destroyed' : message || 'unknown'}); its tensors are ` +
          `gone: ${REOPEN_HINT}`,
      );
      onLost();
    });
    device.addEventListener('uncapturederror', ({ error }) => {
      // An error that follows from a kernel that did not compile is reported by the runs that use the kernel.
      if (/due to a previous error/.test(error.message)) return;
      const isFull = error.constructor.name === 'GPUOutOfMemoryError';
      const [what = ''] = error.message.trim().split('\n'); // the other lines tell where in the driver
      this.fail(isFull ? `out of memory: ${what}` : error.message);
    });
  }

  get forms(): number {
    return this.pipelines.size;
  }

  /** The errors of kernels that could not be compiled. */
  get refusedKernels(): DeviceError[] {
    return [...this.pipelines.values()].flatMap(({ error }) => (error === null ? [] : [error]));
  }

  get arenaBytes(): number {
    return this.arenaWords * 4;
  }

  /** Makes every later run and read fail with this message; the device is opened again when it is chosen again. */
  fail(message: string): void {
    if (this.broken !== null) return;
    this.broken = new DeviceError(
      `webgpu: ${message.trim()}; giving up the device: ${REOPEN_HINT}`,
    );
    this.onLost();
    setTimeout(() => this.device.destroy(), 0); // Dawn cannot destroy it while it reports the error
  }

  /** @throws the error that affects everything, if there is one. */
  check(): void {
    if (this.broken !== null) throw this.broken;
  }

  /** Counts a run. @throws {DeviceError} if too many are queued. */
  startRun(): void {
    this.check();
    if (this.runsInTurn === 0) afterEventLoopTurn(() => this.hasWaited());
    if (++this.runsInTurn > MAX_QUEUED_RUNS) {
      this.runsInTurn = 0;
      throw new DeviceError(
        `webgpu: ${MAX_QUEUED_RUNS} runs were started without an await, and their memory cannot be freed before the event loop ` +
          'turns; await now and then in the loop: await loss.itemAsync(), await x.data()',
      );
    }
  }

  /** Called after the event loop has turned, when what was queued has been freed. */
  hasWaited(): void {
    this.runsInTurn = 0;
  }

  submit(commands: GpuObject): void {
    this.device.queue.submit([commands]);
    this.submits++;
  }

  pipeline({ code, words }: Pick<Shader, 'code' | 'words'>): Pipeline {
    let made = this.pipelines.get(code);
    if (made === undefined) {
      made = new Pipeline(this.device, this.layouts.of(vectorsOf(words.length)).pipeline, code);
      this.pipelines.set(code, made);
    }
    return made;
  }

  make(dtype: DType, length: number): DeviceArray {
    const at = this.heap.allocate(length);
    const array = new DeviceArray(this, dtype, length, at);
    this.dropped.register(array, { at, words: length }, array);
    return array;
  }

  release(array: DeviceArray): void {
    if (!this.dropped.unregister(array)) return;
    this.heap.release(array.at, array.length);
  }

  copy(from: DeviceArray): DeviceArray {
    const to = this.make(from.dtype, from.length);
    to.run = from.run;
    this.move(from.at, to.at, from.length);
    return to;
  }

  private move(from: number, to: number, words: number): void {
    void this.order.run(() => this.moveNow(from, to, words));
  }

  /** Copies words from one address of the heap to another. */
  moveNow(from: number, to: number, words: number): void {
    this.copyIn(this.heap.buffer, from * 4, to, words);
  }

  /** Copies words of a buffer into the heap; within the heap through another buffer, as WebGPU forbids copies within one. */
  private copyIn(source: GpuBuffer, offset: number, to: number, words: number): void {
    if (words === 0) return;
    const { device, heap } = this;
    const bytes = words * 4;
    const encoder = device.createCommandEncoder();
    if (source !== heap.buffer) {
      encoder.copyBufferToBuffer(source, offset, heap.buffer, to * 4, bytes);
      return this.submit(encoder.finish());
    }
    const between = device.createBuffer({
      size: bytes,
      usage: USAGE.copySource | USAGE.copyTarget,
    });
    encoder.copyBufferToBuffer(source, offset, between, 0, bytes);
    encoder.copyBufferToBuffer(between, 0, heap.buffer, to * 4, bytes);
    this.submit(encoder.finish());
    between.destroy();
  }

  upload(array: TypedArray, at: number): void {
    const words = this.order.waits ? array.slice() : array;
    void this.order.run(() => this.write(at, words));
  }

  /** Writes an array into the heap, after what was submitted. */
  write(at: number, array: TypedArray | Uint32Array): void {
    if (array.length === 0) return;
    const words = array instanceof Uint32Array ? array : wordsOf(array);
    this.device.queue.writeBuffer(this.heap.buffer, at * 4, words);
  }

  /** Reserves the arena for a run. An arena that is much too large is shrunk. */
  reserve(words: number): void {
    const spare = this.arenaWords * 4 > this.heap.limit / 8 && this.arenaWords > 8 * words;
    if (words <= this.arenaWords && !spare) return;
    const size = Math.ceil(spare ? words : Math.max(words, this.arenaWords * 1.25));
    if (this.arenaWords > 0) this.heap.release(this.arena, this.arenaWords);
    this.arenaWords = 0;
    if (size === 0) return;
    this.arena = this.heap.allocate(size);
    this.arenaWords = size;
  }

  async read(array: DeviceArray): Promise<ArrayOf<DType>> {
    this.check();
    const { faults } = this;
    const asked = faults.now;
    const { mapped } = await this.order.run(() => this.readback.fetch(array.at, array.length));
    const words = await mapped;
    this.check();
    faults.settle(new Uint32Array(words, 0, FAULT_BYTES / 4), asked, this);
    await faults.checkRun(array.run);
    return arrayFrom(words.slice(FAULT_BYTES), array.dtype, array.length);
  }

  /** The range of an array, once everything that writes it has been submitted. */
  async range({ at, length }: DeviceArray): Promise<GpuRange> {
    this.check();
    const { buffer } = await this.order.run(() => this.heap);
    return { buffer, offset: 4 * at, size: 4 * length };
  }

  /** A copy of data in a user's buffer of this device. */
  fromBuffer(buffer: GpuBuffer, offset: number, dtype: DType, length: number): DeviceArray {
    const array = this.make(dtype, length);
    let refused: DeviceError | null = null;
    array.run = this.faults.begin({ broken: () => refused, explain: unexplained, undo: [] });
    void this.order.run(() => {
      const { device } = this;
      device.pushErrorScope('validation');
      this.copyIn(buffer, offset, array.at, length);
      void device.popErrorScope().then((error) => {
        if (error !== null) refused = new DeviceError(`fromGPUBuffer: ${error.message}`);
      });
    });
    return array;
  }

  /** A word of the heap, and the fault word, which is not 0 if anything has failed. */
  async readWord(at: number): Promise<{ word: number; fault: number }> {
    const words = new Uint32Array(await this.readback.fetch(at, 1).mapped);
    return { word: words[FAULT_BYTES / 4] as number, fault: words[0] as number };
  }

  /** A word of the heap as it is now, whatever has failed. */
  async peek(at: number): Promise<ArrayBuffer> {
    return (await this.readback.fetch(at, 1).mapped).slice(FAULT_BYTES);
  }
}

function unexplained(): never {
  throw new Error('webgpu: a copy refuses nothing');
}
