/** @file The kernels of images as one module, to be stored with them. */
import type { FormedKernel } from '../assembler/block.js';
import type { FunctionBuilder } from '../assembler/functionBuilder.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { ModuleBuilder } from '../assembler/moduleBuilder.js';
import { scalarFunctionsTextOf } from '../elements/special.js';
import { writeDriver } from '../run/driver.js';
import type { FormTable } from '../run/kernelList.js';

/** Collects the forms of several images in one module. */
export class FormCollection implements FormTable {
  readonly memory = { shared: false };
  /**
   * The same forms with fused multiply-add, under the same numbers: for engines that have it, whose results have those bits.
   */
  readonly fused: FormCollection | null;
  private readonly module = new ModuleBuilder(false);
  private readonly known = new Map<string, number>();
  private readonly written: FunctionBuilder[] = [];
  private hasDriver = false;

  constructor(fused: FormCollection | null = null) {
    this.fused = fused;
  }

  find(kernel: FormedKernel, { width, fma }: KernelContext): number {
    const key = `${width}${fma ? '+' : ''} ${kernel.key}`;
    let index = this.known.get(key);
    if (index === undefined) {
      index = this.known.size;
      const form = kernel.write(this.module);
      this.module.export(`f${index}`, form);
      this.written.push(form);
      this.known.set(key, index);
    }
    return index;
  }

  finish(): void {
    // All of them are finished together.
  }

  abandon(): void {
    throw new Error('a form could not be written');
  }

  get size(): number {
    return this.written.length;
  }

  /** Adds the function `run`, which runs lists of calls, to the module, and puts its forms into a table. */
  withDriver(): void {
    this.hasDriver = true;
    this.fused?.withDriver();
  }

  /**
   * A module that exports `f0`, `f1`, …; it imports `env.memory`, the functions of `math`, and for its driver `env.table`. It
   * can be made only once.
   */
  bytes(): Uint8Array<ArrayBuffer> {
    if (this.hasDriver) {
      for (const form of this.written) this.module.place(form);
      writeDriver(this.module, false);
    }
    return this.module.finish();
  }

  /** An expression that makes the functions of `math` that the module imports. */
  mathText(): string {
    return scalarFunctionsTextOf(this.module.imported);
  }
}
