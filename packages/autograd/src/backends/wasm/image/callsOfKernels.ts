/** @file The calls of an image, and the words that its kernels read. */
import type { Kernel } from '../../../engine/compile/kernel.js';
import { addAll } from '../../../graph/lists.js';
import type { Pointer } from '../assembler/block.js';
import { CALL } from '../run/driver.js';
import { listKernels } from '../run/kernelList.js';
import type { FormCollection } from './formCollection.js';
import type { Image } from './image.js';

/** Kernels as calls, in lists that are separated by loops; the calls and words of all lists are consecutive. */
export class CallsOfKernels {
  readonly calls: Image['calls'][number][] = [];
  readonly words: number[] = [];
  readonly pointers: Pointer[] = [];
  sharedBytes = 0;
  ownBytes = 0;
  mayFault = false;
  private readonly forms: FormCollection;
  private kernels: Kernel[] = [];

  constructor(forms: FormCollection) {
    this.forms = forms;
  }

  add(kernel: Kernel): void {
    this.kernels.push(kernel);
  }

  /** Ends a list, and returns the number of calls so far. */
  flush(): number {
    const { forms, kernels } = this;
    const options = { threads: 1, width: 'simd128', blas: false } as const;
    const list = listKernels(kernels, forms, options);
    if (forms.fused !== null) {
      const other = listKernels(kernels, forms.fused, { ...options, fma: true });
      if (other.calls.join() !== list.calls.join()) throw new Error('fused kernels are other ones');
    }
    const first = this.words.length;
    for (let i = 0; i < list.calls.length; i += CALL.words) {
      const [form, block] = [list.calls[i + CALL.form]!, list.calls[i + CALL.block]!];
      this.calls.push({ form, block: first + block });
    }
    for (let k = 0; k < list.pointers.length; k += 3) {
      const [word, buffer, bytes] = list.pointers.subarray(k, k + 3) as unknown as [
        number,
        number,
        number,
      ];
      this.pointers.push({ word: first + word, buffer, bytes });
    }
    addAll(this.words, list.words);
    this.sharedBytes = Math.max(this.sharedBytes, list.sharedBytes);
    this.ownBytes = Math.max(this.ownBytes, list.ownBytes);
    this.mayFault ||= list.mayFault;
    this.kernels = [];
    return this.calls.length;
  }
}
