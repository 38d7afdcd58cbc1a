/**
 * @file Vector instructions over registers: a thin layer between the formulas and the assembler.
 *
 * A register is a `v128` local. Formulas read like arithmetic, `v.add(v.mul(x, y), z)`; the compiler behind
 * WebAssembly turns locals back into values, so naming every intermediate costs nothing at run time.
 */
import type { FunctionBuilder } from '../assembler/moduleBuilder.js';
import { F32x4, F64x2, SHUFFLE, V128 } from '../assembler/opcodes.js';
import { Registers, type Register } from './registers.js';

export type { Register } from './registers.js';

export class Lanes extends Registers {
  /** Whether all lanes hold the same number, so that a scalar function is called once. */
  alike = false;
  /** Whether `madd` rounds once: relaxed SIMD has the instruction. */
  private readonly fused: boolean;
  private scalarTemps: [number, number] | undefined;

  constructor(f: FunctionBuilder, fused = false, rest = -1) {
    super(f, rest);
    this.fused = fused;
  }

  un(code: number, x: Register): Register {
    const out = this.register();
    this.f.get(x).op(code).set(out);
    return out;
  }

  bin(code: number, x: Register, y: Register): Register {
    const out = this.register();
    this.f.get(x).get(y).op(code).set(out);
    return out;
  }

  /** A shift of every lane by a constant. */
  shift(code: number, x: Register, bits: number): Register {
    const out = this.register();
    this.f.get(x).i32(bits).op(code).set(out);
    return out;
  }

  /** Words 0–3 of `x` and 4–7 of `y`. */
  shuffle(x: Register, y: Register, order: readonly number[]): Register {
    const out = this.register();
    this.f.get(x).get(y).shuffle32(SHUFFLE, order).set(out);
    return out;
  }

  /** Bit by bit: `mask ? x : y`. */
  select(mask: Register, x: Register, y: Register): Register {
    const out = this.register();
    this.f.get(x).get(y).get(mask).op(V128.bitselect).set(out);
    return out;
  }

  copy(x: Register): Register {
    const out = this.register();
    this.f.get(x).set(out);
    return out;
  }

  and(x: Register, y: Register): Register {
    return this.bin(V128.and, x, y);
  }
  or(x: Register, y: Register): Register {
    return this.bin(V128.or, x, y);
  }
  xor(x: Register, y: Register): Register {
    return this.bin(V128.xor, x, y);
  }
  not(x: Register): Register {
    return this.un(V128.not, x);
  }

  // float32

  add(x: Register, y: Register): Register {
    return this.bin(F32x4.add, x, y);
  }
  sub(x: Register, y: Register): Register {
    return this.bin(F32x4.sub, x, y);
  }
  mul(x: Register, y: Register): Register {
    return this.bin(F32x4.mul, x, y);
  }
  div(x: Register, y: Register): Register {
    return this.bin(F32x4.div, x, y);
  }
  /** x·y + z, rounded once or twice: only for formulas that are right either way. */
  madd(x: Register, y: Register, z: Register): Register {
    if (!this.fused) return this.add(this.mul(x, y), z);
    const out = this.register();
    this.f.get(x).get(y).get(z).op(F32x4.relaxedMadd).set(out);
    return out;
  }
  /** |x|, with a constant mask: the instruction creates the mask each time. */
  abs(x: Register): Register {
    return this.and(x, this.i32(0x7fffffff));
  }
  neg(x: Register): Register {
    return this.xor(x, this.f32(-0));
  }
  /** y with the sign bit of x, for a y that is negative only if x is. */
  signed(x: Register, y: Register): Register {
    return this.or(y, this.and(x, this.f32(-0)));
  }
  /** x clamped to [low, high]; NaN stays. */
  clamp(x: Register, low: number, high: number): Register {
    // pmax(x, y) is x < y ? y : x, so a NaN on the left stays.
    return this.bin(F32x4.pmin, this.bin(F32x4.pmax, x, this.f32(low)), this.f32(high));
  }
  /** c₀·xⁿ + c₁·xⁿ⁻¹ + … by Horner's rule. */
  polynomial(x: Register, coefficients: readonly number[]): Register {
    let sum = this.f32(coefficients[0] as number);
    for (let i = 1; i < coefficients.length; i++) {
      sum = this.madd(sum, x, this.f32(coefficients[i] as number));
    }
    return sum;
  }
  /**
   * The same by Estrin's scheme, whose pairs of terms do not depend on each other; the last step is Horner's, because the
   * rounding of the constant term counts most. `square` is x².
   */
  estrin(x: Register, square: Register, coefficients: readonly number[]): Register {
    let terms = coefficients
      .slice(0, -1)
      .reverse()
      .map((c) => this.f32(c));
    let power = x;
    for (let next = square; terms.length > 1; next = this.mul(next, next)) {
      const pairs: Register[] = [];
      for (let i = 0; i < terms.length; i += 2) {
        const [low, high] = [terms[i] as Register, terms[i + 1]];
        pairs.push(high === undefined ? low : this.madd(high, power, low));
      }
      terms = pairs;
      power = next;
    }
    return this.madd(terms[0] as Register, x, this.f32(coefficients.at(-1) as number));
  }

  // float64

  addD(x: Register, y: Register): Register {
    return this.bin(F64x2.add, x, y);
  }
  subD(x: Register, y: Register): Register {
    return this.bin(F64x2.sub, x, y);
  }
  mulD(x: Register, y: Register): Register {
    return this.bin(F64x2.mul, x, y);
  }
  divD(x: Register, y: Register): Register {
    return this.bin(F64x2.div, x, y);
  }
  /** With a constant, because V8 13 widens two `f64x2.neg` into one instruction that can invert all bits of its operand. */
  negD(x: Register): Register {
    return this.xor(x, this.f64(-0));
  }
  clampD(x: Register, low: number, high: number): Register {
    return this.bin(F64x2.pmin, this.bin(F64x2.pmax, x, this.f64(low)), this.f64(high));
  }
  polynomialD(x: Register, coefficients: readonly number[]): Register {
    let sum = this.f64(coefficients[0] as number);
    for (let i = 1; i < coefficients.length; i++) {
      sum = this.addD(this.mulD(sum, x), this.f64(coefficients[i] as number));
    }
    return sum;
  }

  /** Four floats as two pairs of doubles. */
  widen(x: Register): [Register, Register] {
    return [
      this.un(F64x2.promoteLowF32, x),
      this.un(F64x2.promoteLowF32, this.shuffle(x, x, [2, 3, 2, 3])),
    ];
  }

  /** Two pairs of doubles as four floats. */
  narrow(low: Register, high: Register): Register {
    return this.shuffle(
      this.un(F32x4.demoteF64, low),
      this.un(F32x4.demoteF64, high),
      [0, 1, 4, 5],
    );
  }

  /** A function of doubles applied to both pairs of four floats. */
  throughDouble(x: Register, formula: (x: Register) => Register): Register {
    const [low, high] = this.widen(x);
    return this.narrow(
      this.one(() => formula(low)),
      this.one(() => formula(high)),
    );
  }

  /** The same for a function of two arguments. */
  bothThroughDouble(
    x: Register,
    y: Register,
    formula: (x: Register, y: Register) => Register,
  ): Register {
    const [xLow, xHigh] = this.widen(x);
    const [yLow, yHigh] = this.widen(y);
    return this.narrow(
      this.one(() => formula(xLow, yLow)),
      this.one(() => formula(xHigh, yHigh)),
    );
  }

  /** An imported scalar function applied to each lane of a pair of doubles. */
  callD(name: string, x: Register, y?: Register): Register {
    const target = this.f.module.math(name, y === undefined ? ['f64'] : ['f64', 'f64'], ['f64']);
    const [a, b] = (this.scalarTemps ??= [this.f.local('f64'), this.f.local('f64')]);
    const out = this.register();
    for (const lane of this.alike ? [0] : [0, 1]) {
      this.f.get(x).lane(F64x2.extract, lane);
      if (y !== undefined) this.f.get(y).lane(F64x2.extract, lane);
      this.f.call(target).set(lane === 0 ? a : b);
    }
    this.f.get(a).op(F64x2.splat);
    if (!this.alike) this.f.get(b).lane(F64x2.replace, 1);
    this.f.set(out);
    return out;
  }

  /** An imported scalar function applied to each of four floats, in double precision. */
  call(name: string, x: Register, y?: Register): Register {
    const [xLow, xHigh] = this.widen(x);
    const [yLow, yHigh] = y === undefined ? [] : this.widen(y);
    const low = this.callD(name, xLow, yLow);
    return this.narrow(low, this.alike ? low : this.callD(name, xHigh, yHigh));
  }

  /** Replaces `result` if any lane of `unusual` is set: a branch that usual arguments never take. */
  repair(result: Register, unusual: Register, slow: () => Register): void {
    this.f
      .get(unusual)
      .op(V128.anyTrue)
      .if(() => {
        this.scope(() => {
          const fixed = slow();
          this.f.get(fixed).get(result).get(unusual).op(V128.bitselect).set(result);
          return [];
        });
      });
  }
}
