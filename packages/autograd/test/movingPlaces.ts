/** @file Programs that slice, pad and write at a position that tests change from run to run. */
import {
  cat,
  chunk,
  compile,
  flip,
  grad,
  jvp,
  noGrad,
  pad,
  Parameter,
  roll,
  selectScatter,
  sliceScatter,
  split,
  stack,
  tanh,
  tensor,
  unbind,
  vmap,
  type Tensor,
} from '../src/index.js';

const numbers = (n: number, seed = 1): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.fround(Math.sin(seed + 1.7 * i)));
const table = (rows = 12, columns = 6): Parameter =>
  new Parameter(tensor(numbers(rows * columns), { shape: [rows, columns] }));
const square = (): Tensor => tensor(numbers(36, 2), { shape: [6, 6] });

/** What a program of one position gives: values and gradients. */
export type Step = (i: number) => Tensor[];

const gradients = (loss: Tensor, ...ps: Parameter[]): Tensor[] => {
  for (const p of ps) p.grad = null;
  loss.backward();
  return [loss, ...ps.map((p) => p.grad as unknown as Tensor)];
};

/** They make their own operands, on the device that is chosen. */
export const movingPlaces: Readonly<Record<string, () => Step>> = {
  'a row of a parameter': () => {
    const p = table();
    return (i) =>
      gradients(
        p
          .select(0, i % 12)
          .square()
          .sum(),
        p,
      );
  },
  'rows and positions, as a small language model reads them': () => {
    const [w, v, x] = [table(), table(4), square()];
    return (i) => {
      const rows = [0, 1, 2, 3].map((t) => w.select(0, (i * 5 + t * t) % 12).add(v.at(t)));
      return gradients(tanh(stack(rows).matmul(x)).sum(), w, v);
    };
  },
  'the same row several times': () => {
    const p = table();
    return (i) =>
      gradients(
        p
          .select(0, i % 3)
          .mul(p.select(0, i % 2))
          .add(p.select(0, 1))
          .sum(),
        p,
      );
  },
  'a range of a computed value': () => {
    const [p, x] = [table(), square()];
    return (i) =>
      gradients(
        p
          .exp()
          .narrow(0, i % 8, 4)
          .matmul(x)
          .mean(),
        p,
      );
  },
  'columns by a step, backwards': () => {
    const p = table();
    return (i) =>
      gradients(
        p
          .mul(2)
          .at(':', `${i % 3}:${(i % 3) + 4}:2`)
          .sum(0)
          .square()
          .sum(),
        p,
      );
  },
  'from the end': () => {
    const p = table();
    return (i) =>
      gradients(
        p
          .tanh()
          .at(-1 - (i % 12), `${5 - (i % 2)}:${1 - (i % 2) || ''}:-2`)
          .sum(),
        p,
      );
  },
  'a slice of a slice of a transpose': () => {
    const p = table();
    return (i) =>
      gradients(
        p
          .cos()
          .t()
          .narrow(0, i % 3, 3)
          .narrow(1, (i * 3) % 8, 4)
          .select(1, i % 4)
          .square()
          .sum(),
        p,
      );
  },
  'a window in two dimensions': () => {
    const p = table();
    return (i) =>
      gradients(
        p
          .sigmoid()
          .at(`${i % 7}:${(i % 7) + 5}`, `${i % 4}:${(i % 4) + 2}`)
          .prod(),
        p,
      );
  },
  rolled: () => {
    const p = table();
    return (i) =>
      gradients(
        roll(p.sin(), i % 12, 0)
          .mul(p)
          .sum(),
        p,
      );
  },
  'rolled in all dimensions': () => {
    const p = table();
    return (i) =>
      gradients(
        roll(roll(p.sin(), i * 5).neg(), [i, 2 * i], [0, 1])
          .mul(p)
          .sum(),
        p,
      );
  },
  'one of the parts of a split': () => {
    const p = table();
    return (i) => {
      const parts = split(p.exp(), 3, 0);
      return gradients(
        (parts[i % 4] as Tensor).mul(chunk(p.square(), 4, 0)[(i + 1) % 4] as Tensor).sum(),
        p,
      );
    };
  },
  'one of the rows, turned round': () => {
    const [p, x] = [table(), square()];
    return (i) =>
      gradients(
        flip(unbind(p.exp(), 0)[i % 12] as Tensor, 0)
          .mul(x.select(0, i % 6))
          .sum(),
        p,
      );
  },
  'padding that moves': () => {
    const p = table(3);
    return (i) =>
      gradients(
        pad(p.exp(), [0, 0, i % 5, 4 - (i % 5)], { value: 2 })
          .square()
          .sum(),
        p,
      );
  },
  'places that are written': () => {
    const [p, x] = [table(), square()];
    return (i) => {
      const y = selectScatter(p.exp(), p.at(3).mul(2), 0, i % 12);
      return gradients(
        sliceScatter(y, x.narrow(0, 0, 3), { start: i % 9, end: (i % 9) + 3 })
          .square()
          .sum(),
        p,
      );
    };
  },
  'a place that is written, by parts': () => {
    const p = table();
    return (i) => {
      const y = p.exp();
      const written = cat([y.narrow(0, 0, 5), y.narrow(0, i % 12, 1).mul(3), y.narrow(0, 6, 6)], 0);
      return gradients(written.sum(1).square().sum(), p);
    };
  },
  'functional gradients': () => {
    const x = square();
    const f = (y: Tensor, i: number): Tensor =>
      y
        .exp()
        .select(1, i % 6)
        .square()
        .sum();
    return (i) => [grad((y: Tensor) => f(y, i))(x), ...jvp((y: Tensor) => f(y, i), [x], [x.cos()])];
  },
  'second order': () => {
    const x = square();
    return (i) => [
      grad((y: Tensor) =>
        grad((z: Tensor) =>
          z
            .pow(3)
            .narrow(0, i % 4, 2)
            .sum(),
        )(y)
          .select(0, i % 4)
          .sum(),
      )(x),
    ];
  },
  'examples at once': () => {
    const x = square();
    return (i) => [
      vmap((y: Tensor) =>
        y
          .exp()
          .narrow(0, i % 4, 3)
          .sum(),
      )(x),
      vmap((y: Tensor) => grad((z: Tensor) => z.square().select(0, i % 6))(y))(x),
    ];
  },
  'without gradients': () => {
    const p = table();
    return (i) => noGrad(() => [p.select(0, i % 12).add(p.mul(2).at((i * 5) % 12))]);
  },
  'through what is compiled': () => {
    const p = table();
    const f = compile((y: Tensor) => tanh(y).mul(2));
    return (i) =>
      gradients(
        f(p.exp().narrow(0, i % 8, 4))
          .narrow(0, i % 3, 2)
          .sum(),
        p,
      );
  },
  'of integers and booleans': () => {
    const p = table();
    return (i) => [
      p
        .gt(0)
        .narrow(0, i % 8, 3)
        .logicalNot(),
      p
        .mul(9)
        .cast('int32')
        .select(1, i % 6)
        .add(1),
    ];
  },
};

/** No order in it, so that most places differ from those before. */
export const positions = Array.from({ length: 24 }, (_, k) => (k * k * 7 + 3 * k) % 23);
/** Where all slices of a program have been others once, they are operands: seen after a few positions. */
export const SEEN = 6;
