/** @file The element functions of `float32` and `float64`, register by register. */
import type { Lanes, Register } from './lanes.js';
import { vectorForms } from '../../../kernels/elements/vectorForms.js';
import { pow, vectorFunction } from './math32.js';
import { expD, logOf } from './math64.js';
import { F32x4, F64x2, V128 } from '../assembler/opcodes.js';
import { SCALAR_BINARY, SCALAR_UNARY } from './scalarOps.js';
import { unknown } from './values.js';

export function float32(v: Lanes, op: string, x: Register, y: Register): Register {
  const formula = vectorFunction(op);
  if (formula !== undefined) return formula(v, x, y);
  switch (op) {
    case 'neg':
      return v.neg(x);
    case 'abs':
      return v.un(F32x4.abs, x);
    case 'square':
      return v.mul(x, x);
    case 'sqrt':
      return v.un(F32x4.sqrt, x);
    case 'rsqrt':
      return v.div(v.f32(1), v.un(F32x4.sqrt, x));
    case 'reciprocal':
      return v.div(v.f32(1), x);
    case 'sign': {
      const unit = v.or(v.and(x, v.f32(-0)), v.f32(1));
      // ±0 and NaN have no sign: 0, as in PyTorch.
      return v.and(v.bin(F32x4.gt, v.un(F32x4.abs, x), v.f32(0)), unit);
    }
    case 'floor':
      return v.un(F32x4.floor, x);
    case 'ceil':
      return v.un(F32x4.ceil, x);
    case 'trunc':
      return v.un(F32x4.trunc, x);
    case 'round':
      return v.un(F32x4.nearest, x);
    case 'relu':
      return v.bin(F32x4.pmax, x, v.f32(0));
    case 'add':
      return v.add(x, y);
    case 'sub':
      return v.sub(x, y);
    case 'mul':
      return v.mul(x, y);
    case 'strongMul':
      return v.bin(V128.andnot, v.mul(x, y), v.bin(F32x4.eq, x, v.f32(0)));
    case 'strongProduct': {
      const zero = v.or(v.bin(F32x4.eq, x, v.f32(0)), v.bin(F32x4.eq, y, v.f32(0)));
      return v.bin(V128.andnot, v.mul(x, y), zero);
    }
    case 'copysign':
      return v.or(v.abs(x), v.and(y, v.f32(-0)));
    case 'div':
      return v.div(x, y);
    case 'maximum':
      return v.bin(F32x4.max, x, y);
    case 'minimum':
      return v.bin(F32x4.min, x, y);
    case 'pow':
      return pow(v, x, y);
    case 'hypot': {
      const [xLow, xHigh] = v.widen(x);
      const [yLow, yHigh] = v.widen(y);
      const half = (a: Register, b: Register): Register =>
        v.un(F64x2.sqrt, v.addD(v.mulD(a, a), v.mulD(b, b)));
      const infinite = (a: Register): Register =>
        v.bin(F32x4.eq, v.un(F32x4.abs, a), v.f32(Infinity));
      const edge = v.or(infinite(x), infinite(y));
      return v.select(edge, v.f32(Infinity), v.narrow(half(xLow, yLow), half(xHigh, yHigh)));
    }
  }
  if (SCALAR_UNARY.has(op)) return v.call(op, x);
  if (SCALAR_BINARY.has(op)) return v.call(op, x, y);
  return unknown(op, 'float32');
}

export function float64(v: Lanes, op: string, x: Register, y: Register): Register {
  const formula = vectorForms.get(op)?.float64;
  if (formula !== undefined) return formula(v, x, y);
  switch (op) {
    case 'neg':
      return v.negD(x);
    case 'abs':
      return v.un(F64x2.abs, x);
    case 'square':
      return v.mulD(x, x);
    case 'sqrt':
      return v.un(F64x2.sqrt, x);
    case 'rsqrt':
      return v.divD(v.f64(1), v.un(F64x2.sqrt, x));
    case 'reciprocal':
      return v.divD(v.f64(1), x);
    case 'sign': {
      const unit = v.or(v.and(x, v.f64(-0)), v.f64(1));
      return v.and(v.bin(F64x2.gt, v.un(F64x2.abs, x), v.f64(0)), unit);
    }
    case 'floor':
      return v.un(F64x2.floor, x);
    case 'ceil':
      return v.un(F64x2.ceil, x);
    case 'trunc':
      return v.un(F64x2.trunc, x);
    case 'round':
      return v.un(F64x2.nearest, x);
    case 'relu':
      return v.bin(F64x2.pmax, x, v.f64(0));
    case 'exp':
      return expD(v, x);
    case 'log':
      return logOf(v, x);
    case 'sigmoid': {
      const e = expD(v, v.or(x, v.f64(-0)));
      const numerator = v.select(v.bin(F64x2.lt, x, v.f64(0)), e, v.f64(1));
      return v.divD(numerator, v.addD(e, v.f64(1)));
    }
    case 'sigmoidDerivative': {
      const e = expD(v, v.or(x, v.f64(-0)));
      const d = v.addD(e, v.f64(1));
      return v.divD(e, v.mulD(d, d));
    }
    case 'tanhDerivative': {
      const half = expD(v, v.or(x, v.f64(-0)));
      const e = v.mulD(half, half);
      const quotient = v.divD(v.f64(2), v.addD(e, v.f64(1)));
      return v.mulD(v.mulD(e, quotient), quotient);
    }
    case 'add':
      return v.addD(x, y);
    case 'sub':
      return v.subD(x, y);
    case 'mul':
      return v.mulD(x, y);
    case 'strongMul':
      return v.bin(V128.andnot, v.mulD(x, y), v.bin(F64x2.eq, x, v.f64(0)));
    case 'strongProduct': {
      const zero = v.or(v.bin(F64x2.eq, x, v.f64(0)), v.bin(F64x2.eq, y, v.f64(0)));
      return v.bin(V128.andnot, v.mulD(x, y), zero);
    }
    case 'copysign':
      return v.or(v.un(F64x2.abs, x), v.and(y, v.f64(-0)));
    case 'div':
      return v.divD(x, y);
    case 'maximum':
      return v.bin(F64x2.max, x, y);
    case 'minimum':
      return v.bin(F64x2.min, x, y);
  }
  if (SCALAR_UNARY.has(op)) return v.callD(op, x);
  if (SCALAR_BINARY.has(op)) return v.callD(op, x, y);
  return unknown(op, 'float64');
}
