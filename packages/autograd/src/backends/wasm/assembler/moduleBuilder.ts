/**
 * @file A small assembler for WebAssembly binaries.
 *
 * It runs for every new form of a kernel, so it writes directly into growing byte arrays. Calls are patched when the module
 * is finished, so a function can import what it needs while it is being written.
 */
import { Bytes } from './bytes.js';
import { FunctionBuilder, TYPE_CODE } from './functionBuilder.js';
import type { ModuleContext, ValueType } from './functionBuilder.js';
import type { Callable, Global } from './instructions.js';

export { FunctionBuilder } from './functionBuilder.js';
export type { Quantity, ValueType, Word } from './functionBuilder.js';
export type { Callable } from './instructions.js';

/** A module that imports `env.memory`, numeric functions of `math`, and `env.table` if it places or calls functions. */
export class ModuleBuilder implements ModuleContext {
  private readonly types = new Map<string, number>();
  private readonly typeBytes = new Bytes();
  private readonly imports = new Map<string, Callable>();
  private readonly functions: FunctionBuilder[] = [];
  private readonly exports: { readonly name: string; readonly target: FunctionBuilder }[] = [];
  readonly zeroI32: Global = { index: 0 };
  readonly negativeZeroF32: Global = { index: 1 };
  readonly negativeZeroF64: Global = { index: 2 };

  private readonly shared: boolean;
  readonly splitStores: boolean;
  private readonly tableFunctions: FunctionBuilder[] = [];
  private usesTable = false;

  constructor(shared: boolean, { splitStores = false }: { splitStores?: boolean } = {}) {
    this.shared = shared;
    this.splitStores = splitStores;
  }

  function(params: readonly ValueType[], results: readonly ValueType[]): FunctionBuilder {
    const built = new FunctionBuilder(this, this.typeIndex(params, results), params.length);
    this.functions.push(built);
    return built;
  }

  math(name: string, params: readonly ValueType[], results: readonly ValueType[]): Callable {
    let found = this.imports.get(name);
    if (found === undefined) {
      found = { index: -1, type: this.typeIndex(params, results) };
      this.imports.set(name, found);
    }
    return found;
  }

  /** The functions of `math` that are imported. */
  get imported(): string[] {
    return [...this.imports.keys()];
  }

  /** Whether it imports a product of a BLAS library. */
  get usesBlas(): boolean {
    return this.imports.has('sgemm') || this.imports.has('dgemm');
  }

  export(name: string, target: FunctionBuilder): void {
    this.exports.push({ name, target });
  }

  /** Puts a function into the imported table `env.table`, after those placed before. */
  place(target: FunctionBuilder): void {
    this.tableFunctions.push(target);
  }

  /** The index of a function type, for calls through the table. */
  tableType(params: readonly ValueType[], results: readonly ValueType[]): number {
    this.usesTable = true;
    return this.typeIndex(params, results);
  }

  /** The module's bytes. The placed functions fill the table from the entry `first` on. */
  finish(first = 0): Uint8Array<ArrayBuffer> {
    let index = 0;
    for (const entry of this.imports.values()) entry.index = index++;
    for (const entry of this.functions) entry.index = index++;

    const module = new Bytes();
    module.bytes(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
    const section = (id: number, write: (content: Bytes) => void): void => {
      const content = new Bytes();
      write(content);
      module.byte(id);
      module.unsigned(content.length);
      module.append(content);
      content.recycle();
    };
    const list = <T>(id: number, items: readonly T[], write: (item: T, content: Bytes) => void) =>
      section(id, (content) => {
        content.unsigned(items.length);
        for (const item of items) write(item, content);
      });

    section(1, (types) => {
      types.unsigned(this.types.size);
      types.append(this.typeBytes);
      this.typeBytes.recycle();
    });
    section(2, (imports) => {
      const table = this.usesTable || this.tableFunctions.length > 0;
      imports.unsigned(this.imports.size + (table ? 2 : 1));
      imports.name('env');
      imports.name('memory');
      imports.bytes(2, this.shared ? 3 : 0, 1);
      if (this.shared) imports.unsigned(65536);
      if (table) {
        imports.name('env');
        imports.name('table');
        imports.bytes(0x01, 0x70, 0, 0);
      }
      for (const [name, entry] of this.imports) {
        imports.name('math');
        imports.name(name);
        imports.byte(0);
        imports.unsigned(entry.type);
      }
    });
    list(3, this.functions, ({ type }, functions) => functions.unsigned(type));
    section(6, (globals) => {
      globals.bytes(3, 0x7f, 1, 0x41, 0, 0x0b, 0x7d, 1, 0x43);
      globals.float32(-0);
      globals.bytes(0x0b, 0x7c, 1, 0x44);
      globals.float64(-0);
      globals.byte(0x0b);
    });
    list(7, this.exports, ({ name, target }, exports) => {
      exports.name(name);
      exports.byte(0);
      exports.unsigned(target.index);
    });
    if (this.tableFunctions.length > 0)
      section(9, (elements) => {
        elements.bytes(1, 0, 0x41);
        elements.signed(first);
        elements.byte(0x0b);
        elements.unsigned(this.tableFunctions.length);
        for (const target of this.tableFunctions) elements.unsigned(target.index);
      });
    list(10, this.functions, (entry, code) => entry.finish(code));
    const bytes = module.view().slice();
    module.recycle();
    return bytes;
  }

  private typeIndex(params: readonly ValueType[], results: readonly ValueType[]): number {
    const key = `${params.join()}:${results.join()}`;
    let index = this.types.get(key);
    if (index === undefined) {
      index = this.types.size;
      this.types.set(key, index);
      this.typeBytes.byte(0x60);
      this.typeBytes.unsigned(params.length);
      for (const type of params) this.typeBytes.byte(TYPE_CODE[type]);
      this.typeBytes.unsigned(results.length);
      for (const type of results) this.typeBytes.byte(TYPE_CODE[type]);
    }
    return index;
  }
}
