/**
 * @file The opcodes of the WebAssembly instructions that the kernels use.
 *
 * A plain opcode is one byte; a prefix adds a constant, so that one number names an instruction. As members of these tables,
 * opcodes are inlined as plain numbers by the build.
 */

/** Added to opcodes after the prefix `0xfd`. */
export const SIMD = 0x400;
/** Added to opcodes after the prefix `0xfe`. */
export const ATOMIC = 2 * SIMD;

export const I32 = {
  eqz: 0x45,
  eq: 0x46,
  ne: 0x47,
  ltS: 0x48,
  ltU: 0x49,
  gtS: 0x4a,
  gtU: 0x4b,
  leS: 0x4c,
  leU: 0x4d,
  geS: 0x4e,
  geU: 0x4f,
  add: 0x6a,
  sub: 0x6b,
  mul: 0x6c,
  divS: 0x6d,
  divU: 0x6e,
  remU: 0x70,
  and: 0x71,
  or: 0x72,
  xor: 0x73,
  shl: 0x74,
  shrS: 0x75,
  shrU: 0x76,
  bitsOfF32: 0xbc,
  load: 0x28,
  load8U: 0x2d,
  store: 0x36,
  store8: 0x3a,
} as const;

export const F32 = {
  eq: 0x5b,
  ne: 0x5c,
  lt: 0x5d,
  gt: 0x5e,
  add: 0x92,
  sub: 0x93,
  mul: 0x94,
  min: 0x96,
  max: 0x97,
  fromU32: 0xb3,
  demoteF64: 0xb6,
  load: 0x2a,
  store: 0x38,
} as const;

export const F64 = {
  eq: 0x61,
  ne: 0x62,
  lt: 0x63,
  gt: 0x64,
  le: 0x65,
  ge: 0x66,
  abs: 0x99,
  sqrt: 0x9f,
  add: 0xa0,
  sub: 0xa1,
  mul: 0xa2,
  div: 0xa3,
  min: 0xa4,
  max: 0xa5,
  fromU32: 0xb8,
  promoteF32: 0xbb,
  load: 0x2b,
  store: 0x39,
} as const;

export const I64 = {
  eq: 0x51,
  gtU: 0x56,
  add: 0x7c,
  or: 0x84,
  xor: 0x85,
  shl: 0x86,
  shrS: 0x87,
  shrU: 0x88,
  toI32: 0xa7,
  fromU32: 0xad,
  fromF64U: 0xb1,
  bitsOfF64: 0xbd,
  load: 0x29,
  store: 0x37,
} as const;

export const ATOMICS = {
  notify: ATOMIC | 0x00,
  wait32: ATOMIC | 0x01,
  load: ATOMIC | 0x10,
  store: ATOMIC | 0x17,
  add: ATOMIC | 0x1e,
} as const;

export const V128 = {
  load: SIMD | 0x00,
  load8Splat: SIMD | 0x07,
  load32Splat: SIMD | 0x09,
  load64Splat: SIMD | 0x0a,
  store: SIMD | 0x0b,
  not: SIMD | 0x4d,
  and: SIMD | 0x4e,
  andnot: SIMD | 0x4f,
  or: SIMD | 0x50,
  xor: SIMD | 0x51,
  bitselect: SIMD | 0x52,
  anyTrue: SIMD | 0x53,
  load8Lane: SIMD | 0x54,
  load32Lane: SIMD | 0x56,
  load64Lane: SIMD | 0x57,
  store8Lane: SIMD | 0x58,
  store32Lane: SIMD | 0x5a,
  store64Lane: SIMD | 0x5b,
  load32Zero: SIMD | 0x5c,
  load64Zero: SIMD | 0x5d,
} as const;

export const V128_CONST = SIMD | 0x0c;
export const SHUFFLE = SIMD | 0x0d;

export const I8x16 = { narrowS: SIMD | 0x65, splat: SIMD | 0x0f } as const;
export const I16x8 = { narrowS: SIMD | 0x85, extendLowU8: SIMD | 0x89 } as const;

export const I32x4 = {
  splat: SIMD | 0x11,
  extract: SIMD | 0x1b,
  eq: SIMD | 0x37,
  ne: SIMD | 0x38,
  lt: SIMD | 0x39,
  ltU: SIMD | 0x3a,
  gt: SIMD | 0x3b,
  le: SIMD | 0x3d,
  ge: SIMD | 0x3f,
  abs: SIMD | 0xa0,
  neg: SIMD | 0xa1,
  bitmask: SIMD | 0xa4,
  extendLowU16: SIMD | 0xa9,
  shl: SIMD | 0xab,
  shrS: SIMD | 0xac,
  shrU: SIMD | 0xad,
  add: SIMD | 0xae,
  sub: SIMD | 0xb1,
  mul: SIMD | 0xb5,
  min: SIMD | 0xb6,
  max: SIMD | 0xb8,
  truncF32: SIMD | 0xf8,
  truncF64Zero: SIMD | 0xfc,
} as const;

export const I64x2 = {
  bitmask: SIMD | 0xc4,
  extendLowS32: SIMD | 0xc7,
  extendHighS32: SIMD | 0xc8,
  shl: SIMD | 0xcb,
  shrS: SIMD | 0xcc,
  shrU: SIMD | 0xcd,
  add: SIMD | 0xce,
  sub: SIMD | 0xd1,
  eq: SIMD | 0xd6,
} as const;

export const F32x4 = {
  splat: SIMD | 0x13,
  extract: SIMD | 0x1f,
  replace: SIMD | 0x20,
  eq: SIMD | 0x41,
  ne: SIMD | 0x42,
  lt: SIMD | 0x43,
  gt: SIMD | 0x44,
  le: SIMD | 0x45,
  ge: SIMD | 0x46,
  demoteF64: SIMD | 0x5e,
  ceil: SIMD | 0x67,
  floor: SIMD | 0x68,
  trunc: SIMD | 0x69,
  nearest: SIMD | 0x6a,
  abs: SIMD | 0xe0,
  sqrt: SIMD | 0xe3,
  add: SIMD | 0xe4,
  sub: SIMD | 0xe5,
  mul: SIMD | 0xe6,
  div: SIMD | 0xe7,
  min: SIMD | 0xe8,
  max: SIMD | 0xe9,
  pmin: SIMD | 0xea,
  pmax: SIMD | 0xeb,
  fromI32: SIMD | 0xfa,
  relaxedMadd: SIMD | 0x105,
} as const;

export const F64x2 = {
  splat: SIMD | 0x14,
  extract: SIMD | 0x21,
  replace: SIMD | 0x22,
  eq: SIMD | 0x47,
  ne: SIMD | 0x48,
  lt: SIMD | 0x49,
  gt: SIMD | 0x4a,
  le: SIMD | 0x4b,
  ge: SIMD | 0x4c,
  promoteLowF32: SIMD | 0x5f,
  ceil: SIMD | 0x74,
  floor: SIMD | 0x75,
  trunc: SIMD | 0x7a,
  nearest: SIMD | 0x94,
  abs: SIMD | 0xec,
  sqrt: SIMD | 0xef,
  add: SIMD | 0xf0,
  sub: SIMD | 0xf1,
  mul: SIMD | 0xf2,
  div: SIMD | 0xf3,
  min: SIMD | 0xf4,
  max: SIMD | 0xf5,
  pmin: SIMD | 0xf6,
  pmax: SIMD | 0xf7,
  fromLowI32: SIMD | 0xfe,
  fromLowU32: SIMD | 0xff,
  relaxedMadd: SIMD | 0x107,
} as const;
