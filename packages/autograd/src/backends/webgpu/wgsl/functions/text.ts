/** @file How functions of the library are written. */

/** A function, and the functions that it calls. */
export interface FunctionText {
  readonly needs: readonly string[];
  readonly code: string;
}

export type FunctionTexts = Readonly<Record<string, FunctionText>>;

/** `fma(fma(c₀, x, c₁), x, c₂) …`, the highest power first. */
export function horner(x: string, coefficients: readonly number[]): string {
  const [first = 0, ...rest] = coefficients.map((c) => number(c));
  return rest.reduce<string>((y, c) => `fma(${y}, ${x}, ${c})`, String(first));
}

/** A finite number as text of type f32. */
export function number(x: number): string {
  const text = Math.fround(x).toString();
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

/** ln 2 in two parts, of which the first has few bits. */
export const LN2_HIGH = '0.693359375f';
export const LN2_LOW = '-2.1219444e-4f';
export const LOG2E: string = number(Math.LOG2E);
