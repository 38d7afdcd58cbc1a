/**
 * @file The functions that all plans over a memory share: one for each form of a kernel, in one table.
 *
 * Forms are few, as they do not depend on sizes: after a while a process compiles no more. The new forms of a plan are
 * written into one module, as V8 compiles a hundred functions in one module several times faster than in a hundred.
 */
import { findDriver, findPrelude, gemmOver, verification } from '../../node.js';
import type { Prelude, PreludePart } from './preludeFile.js';
import { ModuleBuilder } from '../assembler/moduleBuilder.js';
import { BARRIER_BYTES } from './barrier.js';
import type { FormedKernel } from '../assembler/block.js';
import type { FormTable } from './kernelList.js';
import { driverModule, type RunFunction } from './driver.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import type { WasmMemory } from './memory.js';
import { scalarFunctions } from '../elements/special.js';

/** A module that threads instantiate, and the size that the table must have for it. */
export interface FormModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly tableSize: number;
}

/** The table grows by at least this many entries. */
const TABLE_STEP = 256;

export class Forms implements FormTable {
  readonly memory: WasmMemory;
  readonly run: RunFunction;
  /** Whether a thread of the current run will not come to the next meeting. */
  threadLost: () => boolean = () => false;
  /** In the order in which a thread instantiates them; the first is the driver. */
  readonly modules: FormModule[] = [];
  /** How many forms there are, including those of the prelude. */
  count = 0;
  private readonly table = new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_STEP });
  private readonly known = new Map<string, number>();
  /** The module being written, and the keys of the new forms in it. */
  private module: ModuleBuilder | null = null;
  private fresh: string[] = [];
  private readonly layouts = new Map<number, string>();
  private scratchAddress = 0;
  private scratchBytes = 0;
  /** The forms written when the package was built; undefined until a form is asked for. */
  private prelude: Prelude | null | undefined;
  /** 1 for each form of the prelude that was asked for. */
  private used = new Uint8Array(0);
  /** Indices of the prelude's modules that were compiled. */
  private readonly loaded = new Set<number>();

  constructor(memory: WasmMemory) {
    this.memory = memory;
    const driver = (memory.shared ? findDriver() : null) ?? driverModule(memory.shared);
    this.run = this.instantiate(driver, false)['run'] as RunFunction;
  }

  /** The table entry of a kernel's form. A new form can run only after `finish`. */
  find(kernel: FormedKernel, context: KernelContext): number {
    const key = this.keyFor(kernel.key, context);
    let index = this.known.get(key);
    if (index === undefined) {
      this.note(key, kernel);
      this.module ??= new ModuleBuilder(this.memory.shared, {
        splitStores: context.width === 'wide',
      });
      this.module.place(kernel.write(this.module));
      index = this.count + this.fresh.length;
      this.fresh.push(key);
      this.known.set(key, index);
    } else this.use(index);
    if (verification.on) this.verify(index, kernel);
    return index;
  }

  /**
   * The numbers that `remember` got when the prelude was written: a form, which is then loaded, and others that belong to it.
   */
  recall(form: string, context: KernelContext): readonly number[] | undefined {
    const key = this.keyFor(form, context);
    const numbers = this.prelude?.ways.get(key)?.split(',').map(Number);
    if (numbers !== undefined) this.use(numbers[0]!);
    return numbers;
  }

  /** Overridden while a prelude is written: notes the form for a kind of kernel, with what had to be found out about it. */
  remember(_way: string, _context: KernelContext, _numbers: readonly number[]): void {}

  /** How many forms were asked for. */
  get useCount(): number {
    return this.count - this.used.length + this.used.reduce((n, one) => n + one, 0);
  }

  /** Overridden while a prelude is written: called for every new form. */
  protected note(_key: string, _kernel: FormedKernel): void {}

  protected load(vectors: string): Prelude | null {
    return this.memory.shared ? findPrelude(vectors) : null;
  }

  /** The key of a form for these vectors. The first call looks for the prelude. */
  protected keyFor(key: string, { width, fma }: KernelContext): string {
    const vectors = `${width}${fma ? '+' : ''}`;
    if (this.prelude === undefined) this.open(vectors);
    return `${vectors} ${key}`;
  }

  /** Compiles a module of the prelude when the first of its forms is asked for. */
  private use(index: number): void {
    if (this.used[index] !== 0) return;
    this.used[index] = 1;
    const { parts } = this.prelude as Prelude;
    const part = parts.findIndex(({ end }) => index < end);
    if (this.loaded.has(part)) return;
    this.loaded.add(part);
    this.instantiate((parts[part] as PreludePart).read(), false);
  }

  /** Looks for the prelude, whose forms take the first entries of the table. */
  private open(vectors: string): void {
    this.prelude = this.load(vectors);
    if (this.prelude === null) return;
    this.prelude.keys.forEach((key, index) => this.known.set(key, index));
    this.count = this.prelude.keys.length;
    this.used = new Uint8Array(this.count);
    if (this.count > this.table.length) this.table.grow(this.count - this.table.length);
  }

  /** Compiles what was written since the last time. */
  finish(): void {
    const { module } = this;
    if (module === null) return;
    const size = this.count + this.fresh.length;
    if (size > this.table.length) this.table.grow(Math.max(size - this.table.length, TABLE_STEP));
    try {
      this.instantiate(module.finish(this.count), module.usesBlas);
      this.count = size;
      this.module = null;
      this.fresh = [];
    } finally {
      this.abandon();
    }
  }

  /** Drops what was written since the last `finish`, after an error. */
  abandon(): void {
    for (const key of this.fresh) this.known.delete(key);
    this.module = null;
    this.fresh = [];
  }

  /**
   * Memory for a run, zeroed when it is new: plans run one after another and leave no data in it.
   * @throws {DeviceError} if there is not enough memory.
   */
  scratch(bytes: number): number {
    if (bytes > this.scratchBytes) {
      const address = this.memory.allocate(bytes);
      if (this.scratchBytes > 0) this.memory.release(this.scratchAddress);
      [this.scratchAddress, this.scratchBytes] = [address, bytes];
      this.resetBarrier();
    }
    return this.scratchAddress;
  }

  /** Sets the barrier to zeros: when scratch memory is new, and after a thread was lost in it. */
  resetBarrier(): void {
    if (this.scratchBytes > 0) this.memory.view('bool', this.scratchAddress, BARRIER_BYTES).fill(0);
  }

  /** Checks that all kernels of a form read addresses from the same words; a list of inputs may be longer or shorter. */
  private verify(index: number, { key, block }: FormedKernel): void {
    const layout = block.pointers.map(({ word }) => word).join();
    const before = this.layouts.get(index) ?? layout;
    if (!before.startsWith(layout) && !layout.startsWith(before))
      throw new Error(`forms: ${key} has addresses at ${layout}, not ${before}`);
    this.layouts.set(index, layout);
  }

  protected instantiate(bytes: Uint8Array<ArrayBuffer>, usesBlas: boolean): WebAssembly.Exports {
    const { memory } = this.memory;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory, table: this.table },
      math: {
        ...scalarFunctions(),
        threadLost: () => Number(this.threadLost()),
        ...(usesBlas && gemmOver(memory)),
      },
    });
    this.modules.push({ bytes, tableSize: this.table.length });
    return instance.exports;
  }
}
