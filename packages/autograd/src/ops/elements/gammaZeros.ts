/**
 * @file Zeros of lgamma and digamma. Next to one a formula would subtract two nearly equal numbers; a Taylor series around
 * the double nearest to the zero, with the function's own small value there, keeps all digits.
 */

/** The nearest double to a zero, and the function there. */
type Zero = readonly [at: number, value: number];

/** Zeros of lgamma below −2; those at 1 and 2 need no care. Beyond −12 they are as good as the poles beside them. */
export const LGAMMA_ZEROS: readonly Zero[] = [
  [-2.7476826467274127, 1.733509244024501e-16],
  [-2.4570247382208006, 5.619192358950097e-17],
  [-3.955294284858598, -4.14382750757705e-16],
  [-3.14358088834998, 1.6978655906121085e-15],
  [-4.991544640560048, 1.7683619350849613e-14],
  [-4.039361839740537, -5.664578074060335e-15],
  [-5.998607480080875, -2.3721063667118474e-13],
  [-5.0082181683225935, 5.4188509265538106e-15],
  [-6.999801507890638, 5.313011065735902e-14],
  [-6.001385294453155, -4.6433836942838004e-14],
  [-7.999975197095821, -2.1213071311827735e-12],
  [-7.000198333407325, -1.263203743493977e-12],
  [-8.999997244250977, -8.050618056741812e-11],
  [-8.000024800270682, 1.75595561986039e-11],
  [-9.99999972442663, 1.7719543958825935e-9],
  [-9.000002755714823, 3.444263328391509e-11],
  [-10.99999997494789, 7.92108817813105e-9],
  [-10.000000275573013, 1.2668051387565237e-9],
  [-11.999999997912324, -4.799928255018621e-8],
  [-11.000000025052106, 2.734640389948086e-8],
];

/** Zeros of digamma. */
export const DIGAMMA_ZEROS: readonly Zero[] = [
  [1.4616321449683622, -9.241265521729427e-17],
  [-0.5040830082644554, 7.289763902976895e-17],
  [-1.5734984731623904, 1.5649788481838454e-16],
  [-2.6107208684441447, -1.0720275936410002e-15],
  [-3.635293366436901, -6.354883894064686e-16],
  [-4.653237761743142, 3.1533529982387494e-15],
  [-5.6671624415568855, 4.1867794464524804e-17],
  [-6.678418213073427, -4.72682938045534e-15],
  [-7.687788325031626, 1.9153452498708634e-15],
  [-8.695764163816401, 4.825794938582724e-15],
  [-9.702672540001863, 4.939256869086382e-15],
  [-10.708740838254144, 9.822169913611686e-15],
  [-11.714133061228955, -1.3802039605351374e-14],
];

const TERMS = 36;
const series = new Map<Zero, readonly number[]>();

/**
 * The function at `x` if that is next to one of its zeros, else null; `derivative(k, z)` is its derivative of order k at z.
 * Next to: up to a third of the way to the nearest pole, so that 36 terms suffice. They are computed when first needed.
 */
export function nearZero(
  zeros: readonly Zero[],
  x: number,
  derivative: (k: number, z: number) => number,
): number | null {
  for (const zero of zeros) {
    const [z, value] = zero;
    const pole = z > 0 ? z : Math.abs(z - Math.round(z));
    if (Math.abs(x - z) > 0.35 * pole) continue;
    let c = series.get(zero);
    if (c === undefined) {
      let factorial = 1;
      c = Array.from({ length: TERMS }, (_, k) =>
        k === 0 ? value : derivative(k, z) / (factorial *= k),
      );
      series.set(zero, c);
    }
    let y = 0;
    for (let k = TERMS - 1; k >= 0; k--) y = y * (x - z) + c[k]!;
    return y;
  }
  return null;
}
