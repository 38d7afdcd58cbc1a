/** @file Decides which initializers of a graph are weights, and which are constants. */
import { LocalFunction, Graph, type Node } from './graph.js';
import { namesIn } from './hoist.js';
import { Known } from './values.js';

/**
 * Floats with at least one dimension are parameters if some node reads them as an input where weights may be; running
 * statistics are buffers. Numbers without dimensions are constants of formulas.
 */
export function weightsOf(graph: Graph): Map<string, 'parameter' | 'buffer'> {
  const roles = new Map<string, 'parameter' | 'buffer'>();
  const wanted = (name: string): boolean => {
    const value = graph.constants.get(name);
    return value instanceof Known && /^float/.test(value.dtype) && value.shape.length > 0;
  };
  const read = (nodes: readonly Node[], hidden: ReadonlySet<string>): void => {
    for (const { operator, inputs, attributes } of nodes) {
      inputs.forEach((name, i) => {
        if (hidden.has(name) || !wanted(name)) return;
        const own = operator instanceof LocalFunction ? null : operator;
        if (own?.statistics.includes(i) === true) roles.set(name, roles.get(name) ?? 'buffer');
        else if (own?.constants.includes(i) !== true) roles.set(name, 'parameter');
      });
      for (const body of attributes.values())
        if (body instanceof Graph) read(body.nodes, new Set([...hidden, ...namesIn(body)]));
    }
  };
  read(graph.nodes, new Set());
  // In the order of the file.
  return new Map(
    [...graph.constants.keys()].flatMap((name) => {
      const role = roles.get(name);
      return role === undefined ? [] : [[name, role] as const];
    }),
  );
}

/** The names of values with respect to which inner graphs take derivatives. */
export function wantedGradients(graph: Graph): ReadonlySet<string> {
  const names = graph.nodes.flatMap(({ operator, attributes }) => {
    const xs = operator.name === 'Gradient' ? attributes.get('xs') : undefined;
    return Array.isArray(xs) ? (xs as string[]) : [];
  });
  return new Set(names);
}
