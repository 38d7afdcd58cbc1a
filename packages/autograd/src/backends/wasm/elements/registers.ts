/** @file Allocates `v128` locals: registers that are taken and given back, and constants that keep theirs. */
import type { FunctionBuilder, Word } from '../assembler/moduleBuilder.js';
import { BLOCK } from '../assembler/kernelFunction.js';
import { F32x4, F64, F64x2, I32, I32x4 } from '../assembler/opcodes.js';

/** A `v128` local. */
export type Register = number;

const words = new DataView(new ArrayBuffer(8));

export class Registers {
  readonly f: FunctionBuilder;
  /** An `i32` local with the number of real lanes in a row's last vector, if that is known only at run time. */
  readonly rest: number;
  private readonly idle: Register[] = [];
  private readonly allocated: Register[] = [];
  private readonly constants = new Map<string, Register>();

  constructor(f: FunctionBuilder, rest: number) {
    this.f = f;
    this.rest = rest;
  }

  /** A register that nothing else uses, until the enclosing `scope` ends. */
  register(): Register {
    const register = this.idle.pop() ?? this.f.local('v128');
    this.allocated.push(register);
    return register;
  }

  /** Runs `body` and gives back every register that it took, except those that it returns. */
  scope(body: () => readonly Register[]): Register[] {
    const mark = this.allocated.length;
    const kept = [...body()];
    const taken = this.allocated.splice(mark);
    for (const register of taken)
      (kept.includes(register) ? this.allocated : this.idle).push(register);
    return kept;
  }

  /** `scope` around a formula with one result. */
  one(body: () => Register): Register {
    return this.scope(() => [body()])[0] as Register;
  }

  /** Every register that was ever handed out and is not a constant: a loop must kill these at its end. */
  temporaries(): readonly Register[] {
    return [...this.idle];
  }

  // Constants live in registers for the whole function.

  f32(value: number): Register {
    return this.constant(`f${Object.is(value, -0) ? '-0' : value}`, () => {
      this.f.f32(value).globalGet(this.f.module.negativeZeroF32).op(0x92).op(F32x4.splat);
    });
  }

  f64(value: number): Register {
    return this.constant(`d${Object.is(value, -0) ? '-0' : value}`, () => {
      this.f.f64(value).globalGet(this.f.module.negativeZeroF64).op(F64.add).op(F64x2.splat);
    });
  }

  i32(value: number): Register {
    return this.constant(`i${value | 0}`, () => {
      this.f.i32(value).globalGet(this.f.module.zeroI32).op(I32.add).op(I32x4.splat);
    });
  }

  /** A 64-bit pattern in both halves; it must not be that of a NaN. */
  i64(high: number, low: number): Register {
    words.setUint32(0, high >>> 0);
    words.setUint32(4, low >>> 0);
    return this.f64(words.getFloat64(0));
  }

  /** A mask of the lanes before `rest · factor − shift`. */
  restMask(factor: number, shift: number): Register {
    return this.constant(`m${factor}:${shift}`, () => {
      this.f.v128([0, 1, 2, 3]).get(this.rest).i32(factor).op(I32.mul).i32(shift).op(I32.sub);
      this.f.op(I32x4.splat).op(I32x4.lt);
    });
  }

  /** The constant in a word of a kernel's block, in every lane: `load` repeats one element. */
  word(load: number, { word }: Word): Register {
    return this.constant(`w${load}:${word}`, () => this.f.get(BLOCK).memory(load, word * 4));
  }

  /** 0, 1, 2, 3. */
  iota(): Register {
    return this.constant('iota', () => this.f.v128([0, 1, 2, 3]));
  }

  private constant(key: string, emit: () => void): Register {
    let register = this.constants.get(key);
    if (register === undefined) {
      register = this.f.local('v128');
      this.constants.set(key, register);
      const local = register;
      this.f.hoist(() => {
        emit();
        this.f.set(local);
      });
    }
    return register;
  }
}
