/** @file Whether an engine computes a product and a sum with a single rounding: results differ in the last bits if not. */

/** A module with `f(x, y) = x · x + y`, by `f32x4.relaxed_madd`. */
const MADD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 125, 125, 1, 125, 3, 2, 1, 0, 7, 5, 1, 1, 102],
  ...[0, 0, 10, 22, 1, 20, 0, 32, 0, 253, 19, 32, 0, 253, 19, 32, 1, 253, 19, 253, 133, 2, 253, 31],
  ...[0, 11],
);
/** Whether products and sums are rounded only once; engines that differ in this differ in last bits. */
export function fuses() {
  if (!WebAssembly.validate(MADD)) return false;
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(MADD)).exports;
  return f(1 + 2 ** -12, -1 - 2 ** -11) !== 0;
}
