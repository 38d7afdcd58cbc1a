/** @file The instructions of a function, each written as bytes: numbers, locals, memory, calls, and blocks. */
import { Bytes } from './bytes.js';
import { ATOMIC, SIMD, V128_CONST } from './opcodes.js';

/** Something that can be called: an import or a function of the module. Its index is set when the module is finished. */
export interface Callable {
  index: number;
  readonly type: number;
}

export interface Global {
  readonly index: number;
}

/** Instructions in stack order. */
export class Instructions {
  readonly code = new Bytes();
  /** Runs before `code`: constants that loops need in locals. */
  readonly prologue = new Bytes();
  readonly calls: {
    readonly position: number;
    readonly target: Callable;
    readonly inPrologue: boolean;
  }[] = [];
  private out = this.code;

  /** Writes what `body` emits before everything else in the function. */
  hoist(body: () => void): void {
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
    // Atomics must state their natural alignment; all others may claim none.
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

  /** Calls the table entry whose index is on the stack; its type is one of `tableType`. */
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

  /** `br` to the depth on the stack, or to `last` if that is smaller. */
  brTable(last: number): this {
    this.out.byte(0x0e);
    this.out.unsigned(last);
    for (let depth = 0; depth <= last; depth++) this.out.unsigned(depth);
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

  private structured(code: number, body: () => void): this {
    this.out.byte(code);
    this.out.byte(0x40);
    body();
    this.out.byte(0x0b);
    return this;
  }
}
