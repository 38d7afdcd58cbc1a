/** @file One function of a module, written instruction by instruction. */
import { Bytes } from './bytes.js';
import { ATOMIC, SIMD, V128_CONST } from './opcodes.js';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export const TYPE_CODE: Readonly<Record<ValueType, number>> = {
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

export interface Global {
  readonly index: number;
}

/** A number known when the code is written; or, when it runs, in a local or in a word of the kernel's block. */
export type Quantity = number | { readonly local: number } | Word;

/** A word of the block that a kernel's function is called with. */
export interface Word {
  readonly word: number;
}

/** The first parameter of a kernel's function: the address of its block. */
export const BLOCK = 0;

const I32_LOAD = 0x28;
const I32_MUL = 0x6c;

/** What a function uses of the module it is part of. */
export interface Surroundings {
  /**
   * Mutable globals that are never changed. The optimizer cannot know that, so a constant added to one stays in its
   * register instead of being rebuilt at each use inside a loop.
   */
  readonly zeroI32: Global;
  readonly negativeZeroF32: Global;
  readonly negativeZeroF64: Global;
  /** The import `math.name`, a function of `arity` doubles. */
  math(name: string, arity: 1 | 2): Callable;
  /** The import `math.sgemm` or `math.dgemm` (see `blas/gemm.ts`). */
  gemm(name: 'sgemm' | 'dgemm'): Callable;
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
  private readonly words = new Map<string, number>();
  readonly module: Surroundings;
  readonly type: number;
  private readonly params: number;
  private out = this.code;

  constructor(module: Surroundings, type: number, params: number) {
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
      this.out.byte(code < ATOMIC ? 0xfd : 0xfe);
      this.out.unsigned(code % SIMD);
    }
    return this;
  }

  get(local: number): this {
    this.out.byte(0x20);
    this.out.unsigned(local);
    return this;
  }

  push(value: Quantity): this {
    if (typeof value === 'number') return this.i32(value);
    return this.get('local' in value ? value.local : this.word(value));
  }

  /** In a kernel's function: a local that holds a word of its block, `times` as much, from the beginning on. */
  word({ word }: Word, times = 1): number {
    const key = `${word}*${times}`;
    let local = this.words.get(key);
    if (local === undefined) {
      local = this.local('i32');
      this.words.set(key, local);
      const made = local;
      this.ahead(() => {
        this.get(BLOCK).memory(I32_LOAD, word * 4);
        if (times !== 1) this.i32(times).op(I32_MUL);
        this.set(made);
      });
    }
    return local;
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
    this.out.byte(code < ATOMIC ? 0 : 2);
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

  /** Calls the function of the table whose entry is on the stack; its type is one of `tableType`. */
  callIndirect(type: number): this {
    this.out.byte(0x11);
    this.out.unsigned(type);
    this.out.byte(0);
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

  /**
   * Runs the bodies from that on whose number the local holds: `cases[i]`, `cases[i + 1]` and so on; none where it is not
   * below their number.
   */
  from(local: number, cases: readonly (() => void)[]): this {
    const open = (last: number): void => {
      if (last < 0) {
        this.get(local);
        this.out.byte(0x0e);
        this.out.unsigned(cases.length);
        for (let depth = 0; depth <= cases.length; depth++) this.out.unsigned(depth);
        return;
      }
      this.block(() => open(last - 1));
      cases[last]?.();
    };
    this.block(() => open(cases.length - 1));
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
  advance(local: number, bytes: Quantity): this {
    return bytes === 0 ? this : this.get(local).push(bytes).op(0x6a).set(local);
  }

  /** Runs `body` `count` times; not at all when that is not positive, and once without a loop where it is known to be 1. */
  repeat(count: Quantity, body: () => void): this {
    if (typeof count !== 'number') {
      const left = this.local('i32');
      return this.push(count).set(left).repeatLocal(left, body);
    }
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
