/**
 * @file Histories: sequences of operations on cells, parameters and values, and the values that the program reads meanwhile.
 */
import fc from 'fast-check';
import * as c from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

export interface Line {
  readonly does: number;
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

const LENGTH = 5;
/** So many values are at hand beside the cells. */
const MOST_VALUES = 8;

const start = (k: number): Tensor =>
  c.tensor(
    Array.from({ length: LENGTH }, (_, i) => Math.sin(12.9898 * (i + 1) + k)),
    { dtype: 'float64' },
  );

/** Everything that lines act on. */
class World {
  readonly cells = [c.cell(start(1)), c.cell(start(2))];
  readonly parameters = [new c.Parameter(start(3)), new c.Parameter(start(4))];
  readonly values: Tensor[] = [start(5), start(6)];
  readonly compiled = c.compile((x: Tensor) => x.mul(this.parameter(0)).add(this.cell(0)).tanh());
  readonly moving = c.compile((x: Tensor) => {
    const cell = this.cell(1);
    cell.assign(cell.mul(0.9).add(x.mul(0.1)));
    return cell.sum();
  });

  cell(k: number): c.Cell {
    return this.cells[k % 2] as c.Cell;
  }

  parameter(k: number): c.Parameter {
    return this.parameters[k % 2] as c.Parameter;
  }

  any(k: number): Tensor {
    const all = [...this.cells, ...this.parameters, ...this.values];
    return all[k % all.length] as Tensor;
  }
}

type Reading = readonly number[];
type Deed = (world: World, line: Line) => Tensor | Reading | null;

const read = (x: Tensor): Reading => Array.from(x.dataSync());

/** A line makes a value, reads one, or changes something. */
const deeds: readonly Deed[] = [
  (w, { x, y }) => w.any(x).add(w.any(y)),
  (w, { x, y }) => w.any(x).mul(w.any(y).tanh()),
  (w, { x }) => w.any(x).sin(),
  (w, { x, y }) => w.any(x).sub(w.any(y)).mul(0.5),
  (w, { x, k }) => w.any(x).roll(1 + (k % 3), 0),
  (w, { x, y, k }) => {
    const part = w.any(x).narrow(0, k % LENGTH, 1);
    return c.pad(part, [k % LENGTH, LENGTH - 1 - (k % LENGTH)]).add(w.any(y));
  },
  (w, { x, y }) => c.cat([w.any(x).narrow(0, 0, 1), w.any(y).narrow(0, 1, LENGTH - 1)]),
  (w, { x, y }) => c.where(w.any(x).gt(0), w.any(x), w.any(y)),
  (w, { x }) => w.any(x).cumsum(0).tanh(),
  (w, { x }) => w.any(x).detach(),
  (w, { x, k }) => w.cell(k).assign(w.any(x).detach().tanh()) && null,
  (w, { x, k }) => c.noGrad(() => w.parameter(k).assign(w.any(x).tanh())) && null,
  (w, { x, k }) => {
    const old = w.cell(k).mul(1);
    w.cell(k).assign(w.any(x).detach().sin());
    return [...read(old), ...read(w.cell(k))];
  },
  (w, { x }) => read(w.any(x)),
  (w, { x, y }) => {
    c.evaluate(w.any(x), w.any(y));
    return null;
  },
  (w, { x, y, k }) => {
    const loss = w.any(x).mul(w.any(y)).tanh().sum();
    if (!loss.requiresGrad) return read(loss);
    if (k % 2 === 0) loss.backward(null, { retainGraph: true });
    loss.backward();
    return read(loss);
  },
  (w, { k }) => {
    const { grad } = w.parameter(k);
    return grad === null ? [] : read(grad);
  },
  (w, { k }) => {
    w.parameter(k).grad = null;
    return null;
  },
  (w, { k }) => {
    const parameter = w.parameter(k);
    const { grad } = parameter;
    if (grad !== null) c.noGrad(() => parameter.assign(parameter.sub(grad.mul(0.1))));
    return null;
  },
  (w, { x }) => w.compiled(w.any(x)),
  (w, { x }) => read(w.moving(w.any(x).detach())),
  (w, { x, y }) =>
    c.scan(
      (s: Tensor, z: Tensor) => [s.mul(0.5).add(z).add(w.parameter(1)), s.sum()],
      w.any(x),
      c.stack([w.any(y), w.any(y)]),
    )[0],
  (w, { x, k }) => c.grad((z: Tensor) => z.mul(w.parameter(k)).tanh().sum())(w.any(x).detach()),
];

export const arbHistory: fc.Arbitrary<Line[]> = fc.array(
  fc.record({
    does: fc.nat(deeds.length - 1),
    x: fc.nat(11),
    y: fc.nat(11),
    k: fc.nat(99),
  }),
  { minLength: 3, maxLength: 40 },
);

/**
 * What is read, line by line, and at the end of everything; the text of an error where a line ends in one. `look` is shown each
 * value that is made.
 */
export function readingsOf(
  history: readonly Line[],
  look: (made: Tensor) => void,
): (Reading | string)[] {
  const world = new World();
  const readings: (Reading | string)[] = [];
  const attempt = (f: () => Tensor | Reading | null): void => {
    try {
      const result = f();
      if (result instanceof c.Tensor) {
        look(result);
        world.values.push(result);
        if (world.values.length > MOST_VALUES) world.values.shift();
      } else if (result !== null) readings.push(result);
    } catch (error) {
      if (!(error instanceof c.ChainruleError)) throw error;
      readings.push(error.name);
    }
  };
  for (const line of history) attempt(() => (deeds[line.does] as Deed)(world, line));
  for (let k = 0; k < 4 + world.values.length; k++) attempt(() => read(world.any(k)));
  return readings;
}
