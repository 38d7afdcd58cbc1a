/** @file Builds one function of a module: its locals, the words of its block, and counting loops. */
import { Bytes } from './bytes.js';
import { Instructions, type Callable, type Global } from './instructions.js';
import { I32, V128 } from './opcodes.js';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export const TYPE_CODE: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A number known when the code is written; or one read at run time from a local or a word of the kernel's block. */
export type Quantity = number | { readonly local: number } | Word;

/** A word of the block with which a kernel's function is called. */
export interface Word {
  readonly word: number;
}

/** The first parameter of a kernel's function: the address of its block. */
export const BLOCK = 0;

const I32_LOAD = 0x28;
const I32_MUL = 0x6c;

/** The parts of its module that a function uses. */
export interface ModuleContext {
  /** Whether stored vectors are kept from being joined, except in functions with `joins`. */
  readonly splitStores: boolean;
  /**
   * Mutable globals that never change. The optimizer cannot know that, so a constant added to one stays in its register
   * instead of being rebuilt at each use inside a loop.
   */
  readonly zeroI32: Global;
  readonly negativeZeroF32: Global;
  readonly negativeZeroF64: Global;
  /** The import `math.name`. */
  math(name: string, params: readonly ValueType[], results: readonly ValueType[]): Callable;
}

/** One function being written. Instructions are appended in stack order. */
export class FunctionBuilder extends Instructions implements Callable {
  index = -1;
  private readonly locals: ValueType[] = [];
  private readonly words = new Map<string, number>();
  readonly module: ModuleContext;
  /**
   * Whether V8's revectorizer, if it is on, may join vectors that are stored side by side. V8 13 and 14 generate wrong code
   * for some loops that carry several vectors, and for maxima and signs of doubles; not for products and functions of
   * float32.
   */
  joins = false;
  private stored = -1;
  readonly type: number;
  private readonly params: number;

  constructor(module: ModuleContext, type: number, params: number) {
    super();
    this.module = module;
    this.type = type;
    this.params = params;
  }

  local(type: ValueType): number {
    this.locals.push(type);
    return this.params + this.locals.length - 1;
  }

  /** V8 joins vectors that are stored 16 bytes apart from one address, so this stores them from two addresses. */
  override memory(code: number, offset: number): this {
    if (code !== V128.store || (offset & 16) === 0 || !this.module.splitStores || this.joins)
      return super.memory(code, offset);
    if (this.stored < 0) this.stored = this.local('v128');
    this.set(this.stored).i32(16).op(I32.add).get(this.stored);
    return super.memory(code, offset - 16);
  }

  push(value: Quantity): this {
    if (typeof value === 'number') return this.i32(value);
    return this.get('local' in value ? value.local : this.word(value));
  }

  /**
   * In a kernel's function: a local that holds a word of its block, multiplied by `times`; it is set at the start of the
   * function.
   */
  word({ word }: Word, times = 1): number {
    const key = `${word}*${times}`;
    let local = this.words.get(key);
    if (local === undefined) {
      local = this.local('i32');
      this.words.set(key, local);
      const made = local;
      this.hoist(() => {
        this.get(BLOCK).memory(I32_LOAD, word * 4);
        if (times !== 1) this.i32(times).op(I32_MUL);
        this.set(made);
      });
    }
    return local;
  }

  /**
   * Runs the bodies from the index in the local on: `cases[i]`, `cases[i + 1]` and so on; none if the index is not below
   * their number.
   */
  from(local: number, cases: readonly (() => void)[]): this {
    const open = (last: number): void => {
      if (last < 0) {
        this.get(local).brTable(cases.length);
        return;
      }
      this.block(() => open(last - 1));
      cases[last]?.();
    };
    this.block(() => open(cases.length - 1));
    return this;
  }

  /** `local = local + bytes`. */
  advance(local: number, bytes: Quantity): this {
    return bytes === 0 ? this : this.get(local).push(bytes).op(0x6a).set(local);
  }

  /** Runs `body` `count` times; never if that is not positive, and once without a loop if it is known to be 1. */
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

  /** Runs `body` as often as the local says, counting it down to 0; never if it is not positive. */
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

  /** @internal Writes the function's entry in the code section. */
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
