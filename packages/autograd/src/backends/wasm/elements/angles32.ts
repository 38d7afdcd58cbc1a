/** @file Angles from their tangent, sine and cosine, in float32, four lanes at a time. */
import type { Formula } from '../../../kernels/elements/vectorForms.js';
import { F32x4 } from '../assembler/opcodes.js';
import type { Lanes, Register } from './lanes.js';

/** p of atan t = t + t³·p(t²) up to 1, and of asin t up to √½; both within 2.4e-9 by weighted least squares. */
const ATAN = [
  -0.00182718469, 0.0110643153, -0.0314554684, 0.0582343191, -0.084194459, 0.109575719,
  -0.142652452, 0.199986383, -0.333333015,
];
const ASIN = [
  0.12706548, -0.14185819, 0.111852594, -0.00869383756, 0.0361373685, 0.0440637991, 0.0750278756,
  0.16666621,
];

/** `multiple · π/2 − y`, with the digits of π that do not fit into a single. */
function less(v: Lanes, multiple: 1 | 2, y: Register): Register {
  const whole = Math.fround((multiple * Math.PI) / 2);
  return v.sub(v.f32(whole), v.sub(y, v.f32((multiple * Math.PI) / 2 - whole)));
}

/** `t + t z p(z)` with z = t². */
function series(v: Lanes, t: Register, z: Register, p: readonly number[]): Register {
  return v.madd(v.mul(t, z), v.estrin(z, v.mul(z, z), p), t);
}

/** For |x| > 1 by the angle of 1/x. */
export const atan: Formula = (v, x) => {
  const a = v.abs(x);
  const far = v.bin(F32x4.gt, a, v.f32(1));
  const t = v.select(far, v.div(v.f32(1), a), a);
  const y = series(v, t, v.mul(t, t), ATAN);
  return v.signed(x, v.select(far, less(v, 1, y), y));
};

/** The angle with sine a, or for a beyond √½ half of its distance to π/2, whose sine is √((1 − a)/2). */
function half(v: Lanes, a: Register): { y: Register; steep: Register } {
  const steep = v.bin(F32x4.gt, a, v.f32(Math.SQRT1_2));
  const z = v.select(steep, v.mul(v.sub(v.f32(1), a), v.f32(0.5)), v.mul(a, a));
  const t = v.select(steep, v.un(F32x4.sqrt, z), a);
  return { y: series(v, t, z, ASIN), steep };
}

export const asin: Formula = (v, x) => {
  const { y, steep } = half(v, v.abs(x));
  return v.signed(x, v.select(steep, less(v, 1, v.add(y, y)), y));
};

export const acos: Formula = (v, x) => {
  const { y, steep } = half(v, v.abs(x));
  const twice = v.add(y, y);
  const left = v.bin(F32x4.lt, x, v.f32(0));
  const outer = v.select(left, less(v, 2, twice), twice);
  return v.select(steep, outer, less(v, 1, v.signed(x, y)));
};
