/**
 * @file A small assembler for WebAssembly binaries.
 *
 * It runs for every new plan, so it writes straight into growing byte arrays. Calls are patched when the module is
 * finished, which lets a function import what it needs while it is being written.
 */
import { Bytes } from './bytes.js';
import { V128_CONST } from './opcodes.js';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

const TYPE_CODE: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Something that can be called: an import or a function of the module. Its index is known when the module is. */
export interface Callable {
  index: number;
  readonly type: number;
}

interface Global {
  readonly index: number;
}

/** One function being written. Instructions are appended in stack order. */
export class FunctionBuilder implements Callable {
  index = -1;
  readonly code = new Bytes();
  /** Runs before `code`: constants that loops want in locals. */
  readonly prologue = new Bytes();
  readonly calls: {
    readonly position: number;
    readonly target: Callable;
    readonly inPrologue: boolean;
  }[] = [];
  private readonly locals: ValueType[] = [];
  readonly module: ModuleBuilder;
  readonly type: number;
  private readonly params: number;
  private out = this.code;

  constructor(module: ModuleBuilder, type: number, params: number) {
    this.module = module;
    this.type = type;
    this.params = params;
  }

  local(type: ValueType): number {
    this.locals.push(type);
    return this.params + this.locals.length - 1;
  }

  /** Writes what `body` emits before everything else in the function. */
  ahead(body: () => void): void {
    const before = this.out;
    this.out = this.prologue;
    body();
    this.out = before;
  }

  op(code: number): this {
    if (code <= 0xff) {
      this.out.byte(code);
    } else {
      this.out.byte(code >>> 16);
      this.out.unsigned(code & 0xffff);
    }
    return this;
  }

  get(local: number): this {
    this.out.byte(0x20);
    this.out.unsigned(local);
    return this;
  }

  set(local: number): this {
    this.out.byte(0x21);
    this.out.unsigned(local);
    return this;
  }

  tee(local: number): this {
    this.out.byte(0x22);
    this.out.unsigned(local);
    return this;
  }

  globalGet(global: Global): this {
    this.out.byte(0x23);
    this.out.unsigned(global.index);
    return this;
  }

  i32(value: number): this {
    this.out.byte(0x41);
    this.out.signed(value);
    return this;
  }

  /** A 64-bit integer constant of at most 53 bits. */
  i64(value: number): this {
    this.out.byte(0x42);
    let rest = BigInt(value);
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if (rest === ((low & 0x40) === 0 ? 0n : -1n)) {
        this.out.byte(low);
        return this;
      }
      this.out.byte(low | 0x80);
    }
  }

  f32(value: number): this {
    this.out.byte(0x43);
    this.out.float32(value);
    return this;
  }

  f64(value: number): this {
    this.out.byte(0x44);
    this.out.float64(value);
    return this;
  }

  v128Zero(): this {
    this.op(V128_CONST);
    for (let i = 0; i < 16; i++) this.out.byte(0);
    return this;
  }

  v128(words: readonly [number, number, number, number]): this {
    this.op(V128_CONST);
    for (const word of words) for (let i = 0; i < 4; i++) this.out.byte((word >>> (8 * i)) & 0xff);
    return this;
  }

  /** A load or store; the address is on the stack. Alignment is only a hint, so it is given as one byte. */
  memory(code: number, offset: number): this {
    this.op(code);
    // Atomics must state their natural alignment; everything else may claim none.
    this.out.byte(code >>> 16 === 0xfe ? 2 : 0);
    this.out.unsigned(offset);
    return this;
  }

  memoryLane(code: number, offset: number, lane: number): this {
    this.memory(code, offset);
    this.out.byte(lane);
    return this;
  }

  /** An instruction with one immediate lane index. */
  lane(code: number, lane: number): this {
    this.op(code);
    this.out.byte(lane);
    return this;
  }

  /** `i8x16.shuffle` by 32-bit words: 0–3 name the first operand's, 4–7 the second's. */
  shuffle32(code: number, words: readonly number[]): this {
    this.op(code);
    for (const word of words) for (let i = 0; i < 4; i++) this.out.byte(word * 4 + i);
    return this;
  }

  call(target: Callable): this {
    this.out.byte(0x10);
    this.calls.push({ position: this.out.length, target, inPrologue: this.out === this.prologue });
    for (let i = 0; i < 5; i++) this.out.byte(0);
    return this;
  }

  block(body: () => void): this {
    return this.structured(0x02, body);
  }

  loop(body: () => void): this {
    return this.structured(0x03, body);
  }

  /** Pops a condition. */
  if(then: () => void, otherwise?: () => void): this {
    this.out.byte(0x04);
    this.out.byte(0x40);
    then();
    if (otherwise !== undefined) {
      this.out.byte(0x05);
      otherwise();
    }
    this.out.byte(0x0b);
    return this;
  }

  br(depth: number): this {
    this.out.byte(0x0c);
    this.out.unsigned(depth);
    return this;
  }

  brIf(depth: number): this {
    this.out.byte(0x0d);
    this.out.unsigned(depth);
    return this;
  }

  return(): this {
    this.out.byte(0x0f);
    return this;
  }

  /** `select` of two numbers by a condition. */
  select(): this {
    this.out.byte(0x1b);
    return this;
  }

  drop(): this {
    this.out.byte(0x1a);
    return this;
  }

  /** `local = local + bytes`. */
  advance(local: number, bytes: number): this {
    return bytes === 0 ? this : this.get(local).i32(bytes).op(0x6a).set(local);
  }

  /** Runs `body` `count` times; nothing when `count` is 0 and once without a loop when it is 1. */
  repeat(count: number, body: () => void): this {
    if (count <= 0) return this;
    if (count === 1) {
      body();
      return this;
    }
    const left = this.local('i32');
    this.i32(count).set(left);
    return this.loop(() => {
      body();
      this.get(left).i32(1).op(0x6b).tee(left).brIf(0);
    });
  }

  /** Runs `body` as often as the local says, counting it down to 0; not at all when it is not positive. */
  repeatLocal(left: number, body: () => void): this {
    return this.get(left)
      .i32(0)
      .op(0x4a)
      .if(() => {
        this.loop(() => {
          body();
          this.get(left).i32(1).op(0x6b).tee(left).brIf(0);
        });
      });
  }

  private structured(code: number, body: () => void): this {
    this.out.byte(code);
    this.out.byte(0x40);
    body();
    this.out.byte(0x0b);
    return this;
  }

  /** @internal The function's entry in the code section. */
  finish(into: Bytes): void {
    const head = new Bytes();
    const groups: [ValueType, number][] = [];
    for (const type of this.locals) {
      const last = groups[groups.length - 1];
      if (last !== undefined && last[0] === type) last[1]++;
      else groups.push([type, 1]);
    }
    head.unsigned(groups.length);
    for (const [type, count] of groups) {
      head.unsigned(count);
      head.byte(TYPE_CODE[type]);
    }
    for (const { position, target, inPrologue } of this.calls) {
      (inPrologue ? this.prologue : this.code).patch(position, target.index);
    }
    into.unsigned(head.length + this.prologue.length + this.code.length + 1);
    into.append(head);
    into.append(this.prologue);
    into.append(this.code);
    into.byte(0x0b);
    for (const part of [head, this.prologue, this.code]) part.recycle();
  }
}

/** A module that imports `env.memory` and numeric functions of `math`. */
export class ModuleBuilder {
  private readonly types = new Map<string, number>();
  private readonly typeBytes = new Bytes();
  private readonly imports = new Map<string, Callable>();
  private readonly functions: FunctionBuilder[] = [];
  private readonly exports: { readonly name: string; readonly target: FunctionBuilder }[] = [];
  /**
   * Mutable globals that are never changed. The optimizer cannot know that, so a constant added to one stays in its
   * register instead of being rebuilt at each use inside a loop.
   */
  readonly zeroI32: Global = { index: 0 };
  readonly negativeZeroF32: Global = { index: 1 };
  readonly negativeZeroF64: Global = { index: 2 };

  private readonly shared: boolean;

  constructor(shared: boolean) {
    this.shared = shared;
  }

  function(params: readonly ValueType[], results: readonly ValueType[]): FunctionBuilder {
    const built = new FunctionBuilder(this, this.typeIndex(params, results), params.length);
    this.functions.push(built);
    return built;
  }

  /** The import `math.name`, a function of `arity` doubles. */
  math(name: string, arity: 1 | 2): Callable {
    let found = this.imports.get(name);
    if (found === undefined) {
      found = { index: -1, type: this.typeIndex(arity === 1 ? ['f64'] : ['f64', 'f64'], ['f64']) };
      this.imports.set(name, found);
    }
    return found;
  }

  /** The import `math.sgemm` or `math.dgemm` (see `blas/gemm.ts`). */
  gemm(name: 'sgemm' | 'dgemm'): Callable {
    let found = this.imports.get(name);
    if (found === undefined) {
      const type = this.typeIndex(
        Array.from({ length: 12 }, () => 'i32' as const),
        [],
      );
      found = { index: -1, type };
      this.imports.set(name, found);
    }
    return found;
  }

  /** Whether `gemm` was asked for. */
  get usesBlas(): boolean {
    return this.imports.has('sgemm') || this.imports.has('dgemm');
  }

  export(name: string, target: FunctionBuilder): void {
    this.exports.push({ name, target });
  }

  finish(): Uint8Array<ArrayBuffer> {
    let index = 0;
    for (const entry of this.imports.values()) entry.index = index++;
    for (const entry of this.functions) entry.index = index++;

    const module = new Bytes();
    for (const value of [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]) module.byte(value);
    const section = (id: number, content: Bytes): void => {
      module.byte(id);
      module.unsigned(content.length);
      module.append(content);
      content.recycle();
    };

    const types = new Bytes();
    types.unsigned(this.types.size);
    types.append(this.typeBytes);
    this.typeBytes.recycle();
    section(1, types);

    const imports = new Bytes();
    imports.unsigned(this.imports.size + 1);
    imports.name('env');
    imports.name('memory');
    imports.byte(2);
    imports.byte(this.shared ? 3 : 0);
    imports.unsigned(1);
    if (this.shared) imports.unsigned(65536);
    for (const [name, entry] of this.imports) {
      imports.name('math');
      imports.name(name);
      imports.byte(0);
      imports.unsigned(entry.type);
    }
    section(2, imports);

    const functions = new Bytes();
    functions.unsigned(this.functions.length);
    for (const entry of this.functions) functions.unsigned(entry.type);
    section(3, functions);

    const globals = new Bytes();
    globals.unsigned(3);
    for (const value of [0x7f, 1, 0x41, 0, 0x0b, 0x7d, 1, 0x43]) globals.byte(value);
    globals.float32(-0);
    for (const value of [0x0b, 0x7c, 1, 0x44]) globals.byte(value);
    globals.float64(-0);
    globals.byte(0x0b);
    section(6, globals);

    const exports = new Bytes();
    exports.unsigned(this.exports.length);
    for (const { name, target } of this.exports) {
      exports.name(name);
      exports.byte(0);
      exports.unsigned(target.index);
    }
    section(7, exports);

    const code = new Bytes();
    code.unsigned(this.functions.length);
    for (const entry of this.functions) entry.finish(code);
    section(10, code);
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
