/** @file The dimensions that a kernel traverses: coordinates from a flat index, and offsets from strides. */
import type { ShaderWriter } from './shaderWriter.js';

/** Merges neighbouring dimensions that every access traverses as one. */
export function collapse(
  sizes: readonly number[],
  strides: readonly (readonly number[])[],
): { readonly sizes: readonly number[]; readonly strides: readonly (readonly number[])[] } {
  const out: number[] = [];
  const kept = strides.map((): number[] => []);
  sizes.forEach((size, d) => {
    const last = out.length - 1;
    if (size === 1) return;
    if (last >= 0 && strides.every((s, a) => kept[a]![last] === s[d]! * size)) {
      out[last]! *= size;
      strides.forEach((s, a) => (kept[a]![last] = s[d]!));
    } else {
      out.push(size);
      strides.forEach((s, a) => kept[a]!.push(s[d]!));
    }
  });
  return { sizes: out, strides: kept };
}

/** Lines that define the coordinates of a flat index: `i0`, `i1`, …. */
export function coordinates(
  w: ShaderWriter,
  flat: string,
  sizes: readonly number[],
  name: string,
): void {
  let rest = flat;
  for (let d = sizes.length - 1; d >= 0; d--) {
    if (d === 0) {
      w.line(`let ${name}0 = ${rest};`);
      return;
    }
    const size = w.fresh('n');
    w.line(`let ${size} = ${w.word(sizes[d]!)};`);
    w.line(`let ${name}${d} = ${rest} % ${size}; let ${name}r${d} = ${rest} / ${size};`);
    rest = `${name}r${d}`;
  }
}

/** `+ i0 * stride + …` for the coordinates of a name. */
export function offsetOf(w: ShaderWriter, strides: readonly number[], name: string): string {
  return strides
    .map((s, d) => {
      if (s === 0) return '';
      return s === 1 ? ` + ${name}${d}` : ` + ${name}${d} * ${w.word(s)}`;
    })
    .join('');
}

export function product(xs: readonly number[]): number {
  return xs.reduce((a, b) => a * b, 1);
}
