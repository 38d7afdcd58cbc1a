/** @file The roots of unity that Fourier transforms multiply by. */

const MAX_CACHED = 16;

/** Caches what is made for a length; the last few lengths are kept. */
export function cached<T>(make: (n: number) => T): (n: number) => T {
  const plans = new Map<number, T>();
  return (n) => {
    const known = plans.get(n);
    if (known !== undefined) return known;
    const made = make(n);
    if (plans.size >= MAX_CACHED) plans.delete(plans.keys().next().value as number);
    plans.set(n, made);
    return made;
  };
}

export interface Roots {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** `e^(−2πi k/n)`, from angles up to π/4. */
export const rootsOfUnity: (n: number) => Roots = /* @__PURE__ */ cached((n) => {
  const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    // Octants of the circle: the angle that remains from the nearest quarter turn.
    const quarter = Math.round((4 * k) / n);
    const angle = (Math.PI / 2) * ((4 * k - quarter * n) / n);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const turn = quarter % 4;
    cos[k] = turn === 0 ? c : turn === 1 ? -s : turn === 2 ? -c : s;
    sin[k] = -(turn === 0 ? s : turn === 1 ? c : turn === 2 ? -s : -c);
  }
  return { cos, sin };
});
