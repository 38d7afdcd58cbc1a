/** @file The operations of linear algebra that StableHLO has. */
import type { Rules } from './rule.js';
import type { Value } from './writer.js';

export const linalgRules: Rules = {
  cholesky(w, [a], { shape }) {
    const x = a as Value;
    const made = w.emit('stablehlo.cholesky', [x], shape, x.type, 'lower = true');
    const [row, column] = [w.iota(shape, shape.length - 2), w.iota(shape, shape.length - 1)];
    // Elements above the diagonal are undefined there.
    return w.select(w.compare('GE', row, column), made, w.constant(0, x.type, shape));
  },
  triangularSolve(w, [a, b], { attributes: { upper, transposed, unit }, shape }) {
    const turn = transposed ? 'TRANSPOSE' : 'NO_TRANSPOSE';
    return w.emit(
      'stablehlo.triangular_solve',
      [a as Value, b as Value],
      shape,
      (b as Value).type,
      `left_side = true, lower = ${!upper}, transpose_a = #stablehlo<transpose ${turn}>, unit_diagonal = ${unit}`,
    );
  },
};
