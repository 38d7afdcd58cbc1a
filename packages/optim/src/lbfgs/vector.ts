/** @file Vectors of all parameters: LBFGS reads values in every iteration, so it computes with numbers directly. */
export type Vector = Float64Array;

export function dot(x: Vector, y: Vector): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] as number) * (y[i] as number);
  return sum;
}

/** `y ← y + a · x`. */
export function addScaled(y: Vector, a: number, x: Vector): void {
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) + a * (x[i] as number);
}

export function scaled(x: Vector, a: number): Vector {
  return x.map((v) => v * a);
}

export function difference(x: Vector, y: Vector): Vector {
  return x.map((v, i) => v - (y[i] as number));
}

/** The largest absolute value; NaN if there is one. */
export function largest(x: Vector): number {
  let max = 0;
  for (const v of x) max = Math.max(max, Math.abs(v));
  return max;
}

export function absoluteSum(x: Vector): number {
  let sum = 0;
  for (const v of x) sum += Math.abs(v);
  return sum;
}
