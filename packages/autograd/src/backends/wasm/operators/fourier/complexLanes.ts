/**
 * @file Complex numbers in kernels: real and imaginary parts in two registers, four numbers in single precision, two in double.
 */
import { F32x4, F64x2, V128 } from '../../assembler/opcodes.js';
import type { FunctionBuilder } from '../../assembler/moduleBuilder.js';
import { Lanes, type Register } from '../../elements/lanes.js';

export interface Complex {
  readonly re: Register;
  readonly im: Register;
}

const SINGLE = { ...F32x4, splatLoad: V128.load32Splat, laneLoad: V128.load32Lane };
const DOUBLE = { ...F64x2, splatLoad: V128.load64Splat, laneLoad: V128.load64Lane };

/** The word order of shuffles of two registers: for floats, and for doubles. */
const EVEN = { 4: [0, 2, 4, 6], 8: [0, 1, 4, 5] } as const;
const ODD = { 4: [1, 3, 5, 7], 8: [2, 3, 6, 7] } as const;
const LOW = { 4: [0, 4, 1, 5], 8: [0, 1, 4, 5] } as const;
const HIGH = { 4: [2, 6, 3, 7], 8: [2, 3, 6, 7] } as const;
const BACKWARDS = { 4: [3, 2, 1, 0], 8: [2, 3, 0, 1] } as const;

export class ComplexLanes {
  readonly f: FunctionBuilder;
  readonly v: Lanes;
  /** Bytes of a part. */
  readonly size: 4 | 8;
  /** How many numbers a register holds. */
  readonly lanes: number;
  private readonly code: Pick<typeof SINGLE, 'add' | 'sub' | 'mul' | 'splatLoad' | 'laneLoad'>;

  constructor(f: FunctionBuilder, dtype: 'float32' | 'float64') {
    this.f = f;
    this.v = new Lanes(f);
    this.size = dtype === 'float32' ? 4 : 8;
    this.lanes = 16 / this.size;
    this.code = dtype === 'float32' ? SINGLE : DOUBLE;
  }

  plus(x: Register, y: Register): Register {
    return this.v.bin(this.code.add, x, y);
  }
  minus(x: Register, y: Register): Register {
    return this.v.bin(this.code.sub, x, y);
  }
  product(x: Register, y: Register): Register {
    return this.v.bin(this.code.mul, x, y);
  }
  /** A constant in every lane. */
  constant(x: number): Register {
    return this.size === 4 ? this.v.f32(x) : this.v.f64(x);
  }

  add(x: Complex, y: Complex): Complex {
    return { re: this.plus(x.re, y.re), im: this.plus(x.im, y.im) };
  }
  sub(x: Complex, y: Complex): Complex {
    return { re: this.minus(x.re, y.re), im: this.minus(x.im, y.im) };
  }
  mul(x: Complex, y: Complex): Complex {
    return {
      re: this.minus(this.product(x.re, y.re), this.product(x.im, y.im)),
      im: this.plus(this.product(x.re, y.im), this.product(x.im, y.re)),
    };
  }
  /** The product with a real number. */
  scaled(x: Complex, factor: Register): Complex {
    return { re: this.product(x.re, factor), im: this.product(x.im, factor) };
  }
  /** `x + iy`. */
  addTurned(x: Complex, y: Complex): Complex {
    return { re: this.minus(x.re, y.im), im: this.plus(x.im, y.re) };
  }
  /** `x − iy`. */
  subTurned(x: Complex, y: Complex): Complex {
    return { re: this.plus(x.re, y.im), im: this.minus(x.im, y.re) };
  }

  load(pointer: number, offset: number): Register {
    const out = this.v.register();
    this.f.get(pointer).memory(V128.load, offset).set(out);
    return out;
  }
  store(pointer: number, offset: number, x: Register): void {
    this.f.get(pointer).get(x).memory(V128.store, offset);
  }
  /** From two rows, the imaginary parts `pitch` bytes after the real ones. */
  loadParts(pointer: number, offset: number, pitch: number): Complex {
    return { re: this.load(pointer, offset), im: this.load(pointer, offset + pitch) };
  }
  storeParts(pointer: number, offset: number, pitch: number, { re, im }: Complex): void {
    this.store(pointer, offset, re);
    this.store(pointer, offset + pitch, im);
  }

  /** Real and imaginary parts from registers of pairs. */
  private unzip(x: Register, y: Register): Complex {
    return {
      re: this.v.shuffle(x, y, EVEN[this.size]),
      im: this.v.shuffle(x, y, ODD[this.size]),
    };
  }
  low(x: Register, y: Register): Register {
    return this.v.shuffle(x, y, LOW[this.size]);
  }
  high(x: Register, y: Register): Register {
    return this.v.shuffle(x, y, HIGH[this.size]);
  }
  backwards({ re, im }: Complex): Complex {
    const order = BACKWARDS[this.size];
    return { re: this.v.shuffle(re, re, order), im: this.v.shuffle(im, im, order) };
  }

  /** Loads consecutive pairs. */
  loadPairs(pointer: number, offset: number): Complex {
    return this.unzip(this.load(pointer, offset), this.load(pointer, offset + 16));
  }
  storePairs(pointer: number, offset: number, { re, im }: Complex): void {
    this.store(pointer, offset, this.low(re, im));
    this.store(pointer, offset + 16, this.high(re, im));
  }

  /** Loads pairs from one address per lane. */
  gatherPairs(addresses: readonly Address[]): Complex {
    const each = (part: readonly Address[]): Register => {
      const out = this.v.register();
      part.forEach(([pointer, offset], lane) => {
        this.f.get(pointer);
        if (this.size === 8) this.f.memory(V128.load, offset);
        else if (lane === 0) this.f.memory(V128.load64Zero, offset);
        else this.f.get(out).memoryLane(V128.load64Lane, offset, lane);
        this.f.set(out);
      });
      return out;
    };
    const half = addresses.length / 2;
    return this.unzip(each(addresses.slice(0, half)), each(addresses.slice(half)));
  }
  scatterPairs(addresses: readonly Address[], { re, im }: Complex): void {
    const half = addresses.length / 2;
    for (const [from, pairs] of [
      [0, this.low(re, im)],
      [half, this.high(re, im)],
    ] as const) {
      addresses.slice(from, from + half).forEach(([pointer, offset], lane) => {
        this.f.get(pointer).get(pairs);
        if (this.size === 8) this.f.memory(V128.store, offset);
        else this.f.memoryLane(V128.store64Lane, offset, lane);
      });
    }
  }

  /** Loads single parts from one address per lane. */
  gather(addresses: readonly Address[]): Register {
    const out = this.v.register();
    addresses.forEach(([pointer, offset], lane) => {
      this.f.get(pointer);
      if (lane === 0) this.f.memory(this.code.splatLoad, offset);
      else this.f.get(out).memoryLane(this.code.laneLoad, offset, lane);
      this.f.set(out);
    });
    return out;
  }
  scatter(addresses: readonly Address[], x: Register): void {
    const store = this.size === 4 ? V128.store32Lane : V128.store64Lane;
    addresses.forEach(([pointer, offset], lane) => {
      this.f.get(pointer).get(x).memoryLane(store, offset, lane);
    });
  }

  /** Loads one pair into every lane. */
  splatPair(pointer: number, offset: number): Complex {
    const one = (at: number): Register => {
      const out = this.v.register();
      this.f.get(pointer).memory(this.code.splatLoad, at).set(out);
      return out;
    };
    return { re: one(offset), im: one(offset + this.size) };
  }

  /** Stores four registers with their lanes transposed: all first lanes, then all second ones … */
  storeTransposed(pointer: number, offset: number, x: readonly Register[]): void {
    const [a, b, c, d] = x as [Register, Register, Register, Register];
    if (this.size === 8) {
      const rows = [this.low(a, b), this.low(c, d), this.high(a, b), this.high(c, d)];
      rows.forEach((row, i) => this.store(pointer, offset + 16 * i, row));
      return;
    }
    const [p, q] = [this.low(a, c), this.low(b, d)];
    const [r, s] = [this.high(a, c), this.high(b, d)];
    const rows = [this.low(p, q), this.high(p, q), this.low(r, s), this.high(r, s)];
    rows.forEach((row, i) => this.store(pointer, offset + 16 * i, row));
  }
}

/** A pointer and an offset in bytes. */
export type Address = readonly [pointer: number, offset: number];
