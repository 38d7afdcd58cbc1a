/**
 * @file Threads whose code a page loads when a plan could first use them: workers take time to start there anyway. Until
 * then, and if loading fails, plans run on one thread, with the same bits.
 */
import type { FormModule, Forms } from '../run/forms.js';
import type { WasmMemory } from '../run/memory.js';
import type { Threads } from './threads.js';

export class LateThreads implements Threads {
  private threads: Threads | null = null;
  private ended = false;

  constructor(memory: WasmMemory, count: number) {
    import('./pool.js').then(
      ({ ThreadPool }) => {
        if (!this.ended) this.threads = new ThreadPool(memory, count);
      },
      () => (this.ended = true),
    );
  }

  get ready(): boolean {
    return this.threads?.ready ?? false;
  }

  get broken(): boolean {
    return this.ended || this.threads?.broken === true;
  }

  get outdated(): boolean {
    return this.threads?.outdated ?? false;
  }

  load(modules: readonly FormModule[]): void {
    this.threads?.load(modules);
  }

  run(list: number, forms: Forms): void {
    this.threads?.run(list, forms);
  }

  dispose(): void {
    this.ended = true;
    this.threads?.dispose();
  }
}
