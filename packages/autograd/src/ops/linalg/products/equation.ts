/** @file Parses the equations of `einsum`. */
import { display } from '../../../arguments/display.js';
import { plural } from '../../../arguments/plural.js';
import { ChainruleError, ShapeError } from '../../../errors.js';
import { show, type Shape } from '../../../graph/shape.js';

/** A label for each dimension; the dimensions of `...` are numbered from the last one: `-1`, `-2` … */
export interface Equation {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** The labels of `equation` for operands of the given shapes. */
export function parseEquation(equation: string, shapes: readonly Shape[]): Equation {
  if (typeof equation !== 'string') {
    throw new ChainruleError(
      `einsum: the equation comes first and is a string such as 'ij,jk->ik', got ${display(equation)}`,
    );
  }
  const [left = '', right, ...more] = equation.replace(/\s/g, '').split('->');
  if (more.length > 0)
    throw new ChainruleError(`einsum: ${display(equation)} has more than one '->'`);
  const terms = left.split(',');
  if (terms.length !== shapes.length) {
    throw new ShapeError(
      `einsum: ${display(equation)} is for ${plural(terms.length, 'operand')}, got ${shapes.length}`,
    );
  }
  let ellipsis = 0;
  const inputs = terms.map((term, i) => {
    const shape = shapes[i] as Shape;
    const { before, after, dots } = readTerm(equation, term);
    const rest = shape.length - before.length - after.length;
    if (rest < 0 || (rest > 0 && !dots)) {
      throw new ShapeError(
        `einsum: ${display(term)} in ${display(equation)} names ${plural(before.length + after.length, 'dimension')}, operand ${i} has shape ${show(shape)}`,
      );
    }
    ellipsis = Math.max(ellipsis, rest);
    return [...before, ...extra(rest), ...after];
  });
  if (right === undefined) return { inputs, output: [...extra(ellipsis), ...once(inputs)] };
  const { before, after, dots } = readTerm(equation, right);
  const output = [...before, ...(dots ? extra(ellipsis) : []), ...after];
  const known = new Set(inputs.flat());
  output.forEach((label, i) => {
    if (!known.has(label))
      throw new ChainruleError(
        `einsum: ${display(label)} of the result is in no operand of ${display(equation)}`,
      );
    if (output.indexOf(label) !== i)
      throw new ChainruleError(
        `einsum: ${display(label)} is twice in the result of ${display(equation)}`,
      );
  });
  return { inputs, output };
}

function readTerm(
  equation: string,
  term: string,
): { before: string[]; after: string[]; dots: boolean } {
  const parts = term.split('...');
  const wrong = parts.find((part) => !/^[A-Za-z]*$/.test(part));
  if (wrong !== undefined || parts.length > 2) {
    throw new ChainruleError(
      `einsum: ${display(term)} in ${display(equation)} must be letters, and '...' at most once`,
    );
  }
  const [before = '', after = ''] = parts;
  return { before: [...before], after: [...after], dots: parts.length === 2 };
}

/** Labels for the dimensions of `...`, counted from the last so that they broadcast as in NumPy. */
function extra(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i - count));
}

/** The letters that occur once, sorted. */
function once(inputs: readonly (readonly string[])[]): string[] {
  const all = inputs.flat().filter((label) => /[A-Za-z]/.test(label));
  return all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
}
