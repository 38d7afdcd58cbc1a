/**
 * @file The prelude: forms that most processes need, as one module. It is written when the package is built, by the writers
 * that would write them at run time, so that Node.js finds it beside the code and writes nothing at its start.
 */
import { engine } from '../../../engine/evaluate.js';
import type { FormedKernel } from '../assembler/block.js';
import { Bytes } from '../assembler/bytes.js';
import { ModuleBuilder } from '../assembler/moduleBuilder.js';
import { wasmBackend } from '../backend.js';
import { Arrays } from './arrays.js';
import { Forms } from './forms.js';
import { SECTION } from './preludeFile.js';
import { forced, type BestWidth } from './vectorWidth.js';

/** Notes what is asked for, and compiles and runs nothing: so it can be asked for vectors that this engine has not. */
class NotedForms extends Forms {
  readonly noted: { readonly key: string; readonly kernel: FormedKernel }[] = [];

  protected override note(key: string, kernel: FormedKernel): void {
    this.noted.push({ key, kernel });
  }

  protected override look(): null {
    return null;
  }

  protected override instantiate(): WebAssembly.Exports {
    return { run: () => 0 };
  }
}

/** The module of all forms that `work` needs, with their keys; values that it computes mean nothing. */
export function writePrelude(best: BestWidth, work: () => void): Uint8Array<ArrayBuffer> {
  const { backend } = engine;
  const arrays = new Arrays(true, NotedForms);
  engine.backend = wasmBackend({ threads: 1, arrays });
  forced.width = best;
  try {
    work();
  } finally {
    forced.width = null;
    engine.backend = backend;
  }
  const { noted } = arrays.forms as NotedForms;
  const module = new ModuleBuilder(true);
  for (const { kernel } of noted) module.place(kernel.write(module));
  return withKeys(
    module.finish(0),
    noted.map(({ key }) => key),
  );
}

/** A module with a section of its own that holds the keys of its functions, in order. */
function withKeys(module: Uint8Array, keys: readonly string[]): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(keys.join('\n'));
  const content = new Bytes();
  content.name(SECTION);
  for (const byte of text) content.byte(byte);
  const head = new Bytes();
  head.byte(0);
  head.unsigned(content.length);
  const parts = [module, head.view().slice(), content.view().slice()];
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
