/**
 * @file Functions of integers. Remainders are computed from the quotient: Vulkan leaves its own instruction undefined for
 * negative operands, and Deno (wgpu) uses it.
 */
import { type FunctionTexts } from './text.js';

export const integers: FunctionTexts = {
  powi: {
    needs: [],
    code: `fn powi(x: i32, y: i32) -> i32 {
  if (y < 0) { if (x == 1) { return 1; } if (x == -1) { return select(1, -1, (y & 1) != 0); } return 0; }
  var r = 1; var b = x; var e = y;
  while (e > 0) { if ((e & 1) != 0) { r = r * b; } b = b * b; e = e >> 1u; }
  return r;
}`,
  },
  gcdi: {
    needs: [],
    code: 'fn gcdi(x: i32, y: i32) -> i32 { var a = u32(abs(x)); var b = u32(abs(y)); while (b != 0u) { let r = a % b; a = b; b = r; } return i32(a); }',
  },
  lcmi: {
    needs: ['gcdi'],
    code: 'fn lcmi(x: i32, y: i32) -> i32 { let g = gcdi(x, y); if (g == 0) { return 0; } return abs((x / g) * y); }',
  },
  floorDividei: {
    needs: [],
    code: 'fn floorDividei(x: i32, y: i32) -> i32 { if (y == 0) { return 0; } if (y == -1) { return 0 - x; } let q = x / y; if (x != q * y && ((x < 0) != (y < 0))) { return q - 1; } return q; }',
  },
  remainderi: {
    needs: [],
    code: 'fn remainderi(x: i32, y: i32) -> i32 { if (y == 0 || y == -1) { return 0; } let r = x - (x / y) * y; if (r != 0 && ((r < 0) != (y < 0))) { return r + y; } return r; }',
  },
  fmodi: {
    needs: [],
    code: 'fn fmodi(x: i32, y: i32) -> i32 { if (y == 0 || y == -1) { return 0; } return x - (x / y) * y; }',
  },
};
