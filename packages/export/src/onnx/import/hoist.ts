/**
 * @file Finds weights wherever a file has them: those in `Constant` nodes and in the graphs of branches and loops become
 * weights of the model, too.
 */
import { constantOf } from './constant.js';
import { Graph, LocalFunction, type Node } from './graph.js';
import { Known } from './values.js';

/**
 * Moves possible weights to the initializers of the main graph, where all inner graphs find them: floats of more than one
 * element, all finite (unlike masks), whose names occur only once in the file.
 */
export function hoistWeights(main: Graph): void {
  const counts = new Map<string, number>();
  const graphs = graphsIn(main);
  for (const graph of graphs)
    for (const name of namesIn(graph)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const movable = (name: string, value: unknown): value is Known =>
    counts.get(name) === 1 && value instanceof Known && mayBeWeight(value);
  for (const graph of graphs) {
    if (graph !== main) {
      for (const [name, value] of graph.constants) {
        if (!movable(name, value)) continue;
        main.constants.set(name, value);
        graph.constants.delete(name);
      }
    }
    graph.nodes = graph.nodes.filter(({ operator, outputs: [name = ''], attributes }) => {
      const isConstant = !(operator instanceof LocalFunction) && operator.name === 'Constant';
      const value = isConstant ? constantOf(attributes) : null;
      if (!movable(name, value)) return true;
      main.constants.set(name, value);
      return false;
    });
  }
}

function mayBeWeight(value: Known): boolean {
  if (!/^float/.test(value.dtype)) return false;
  const { tensor } = value;
  return tensor.size > 1 && tensor.dataSync().every(Number.isFinite);
}

/** A graph, and all graphs inside it. */
export function graphsIn(graph: Graph): Graph[] {
  const within = ({ attributes }: Node): Graph[] =>
    [...attributes.values()].flatMap((body) => (body instanceof Graph ? graphsIn(body) : []));
  return [graph, ...graph.nodes.flatMap(within)];
}

/** The names that a graph itself defines. */
export function namesIn(graph: Graph): string[] {
  return [
    ...graph.constants.keys(),
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ];
}
