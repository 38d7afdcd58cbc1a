/**
 * @file The prelude: modules with the forms that most processes need. It is written when the package is built, by the code
 * that would write them at run time, so that Node.js finds them beside the code and writes none at startup.
 */
import { engine } from '../../../engine/engine.js';
import type { FormedKernel } from '../assembler/block.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { ModuleBuilder } from '../assembler/moduleBuilder.js';
import { wasmBackend } from '../backend.js';
import { Arrays } from './arrays.js';
import { Forms } from './forms.js';
import { contentsOf, type PreludeFiles } from './preludeFile.js';
import { forcedWidth, type BestWidth } from './vectorWidth.js';

/**
 * Notes the forms that are asked for, without compiling or running any: so it also works for vectors that this engine lacks.
 */
class FormRecorder extends Forms {
  readonly recorded: { readonly key: string; readonly kernel: FormedKernel }[] = [];
  readonly ways = new Map<string, string>();

  override remember(way: string, context: KernelContext, numbers: readonly number[]): void {
    this.ways.set(this.keyFor(way, context), numbers.join());
  }

  protected override note(key: string, kernel: FormedKernel): void {
    this.recorded.push({ key, kernel });
  }

  protected override load(): null {
    return null;
  }

  protected override instantiate(): WebAssembly.Exports {
    return { run: () => 0 };
  }
}

/**
 * A module for each of `works`, with the forms that it needs beyond those before it. The values that they compute are
 * meaningless.
 */
export function writePrelude(best: BestWidth, works: readonly (() => void)[]): PreludeFiles {
  const { backend } = engine;
  const arrays = new Arrays(true, FormRecorder);
  const { recorded, ways } = arrays.forms as FormRecorder;
  engine.backend = wasmBackend({ threads: 1, arrays });
  forcedWidth.width = best;
  const ends: number[] = [];
  try {
    for (const work of works) {
      work();
      ends.push(recorded.length);
    }
  } finally {
    forcedWidth.width = null;
    engine.backend = backend;
  }
  const modules = ends.map((end, part) => {
    const first = ends[part - 1] ?? 0;
    const module = new ModuleBuilder(true);
    for (const { kernel } of recorded.slice(first, end)) module.place(kernel.write(module));
    return module.finish(first);
  });
  const keys = recorded.map(({ key }) => key);
  return { text: contentsOf(ends, keys, ways), modules };
}
