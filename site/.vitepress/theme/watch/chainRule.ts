/** @file The chain rule for one neuron or weight, in symbols and in numbers. */
import type { Edge } from './layout';
import type { Point, Shown } from './network';
import { number } from './number';

export interface Rule {
  readonly title: string;
  readonly numbers: string;
}

/** @param name `w21` or `v3`, a weight; `h2`, a hidden neuron; `o`, the output. */
export function chainRule(
  name: string,
  edges: readonly Edge[],
  shown: (name: string) => Shown,
  point: Point | null,
): Rule {
  const g = (of: string): string => number(shown(of).gradient) || '?';
  const v = (of: string): string => number(shown(of).value) || '?';
  const edge = edges.find((one) => one.name === name);
  if (edge !== undefined) {
    const { input, into } = edge;
    return {
      title: `∂E/∂${name} = ∂E/∂${into} · ∂${into}/∂${name} = ∂E/∂${into} · ${input}`,
      numbers: `${g(into)} · ${v(input)} = ${g(name)}`,
    };
  }
  if (name === 'o')
    return {
      title: '∂E/∂o = 2 (o − target)',
      numbers: `2 · (${v('o')} − ${point?.label === 1 ? '1' : '−1'}) = ${g('o')}`,
    };
  const j = name.slice(1);
  return {
    title: `∂E/∂h${j} = ∂E/∂zo · v${j},   ∂E/∂z${j} = ∂E/∂h${j} · (1 − h${j}²)`,
    numbers: `${g('zo')} · ${v(`v${j}`)} = ${g(`h${j}`)},   ${g(`h${j}`)} · (1 − ${v(`h${j}`)}²) = ${g(`z${j}`)}`,
  };
}
