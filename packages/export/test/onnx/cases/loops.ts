/** @file Loops and branches, and operations that are exported as loops. */
import * as cr from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { numbers, unary, wrap, type ExportCase } from './exportCase.js';

const zero = (x: Tensor): Tensor => cr.zerosLike(x.select(1, 0));

/** Steps over the second dimension. */
const steps = (x: Tensor): Tensor => x.transpose(0, 1);

/** A running mean that forgets, and what it was. */
const fading = (h: Tensor, x: Tensor): [Tensor, Tensor] => [h.mul(0.5).add(x.tanh()), h.mul(x)];

/** A layer without an operator of its own in ONNX. */
function projected(): nn.Module {
  const lstm = new nn.LSTM(3, 4, { projSize: 2, batchFirst: true, numLayers: 2 });
  return wrap((x) => lstm.forward(x), lstm);
}

/** A cell over a sequence: its products by the elements alone are taken out of the loop, at all sizes. */
function cellOf(cell: nn.GRUCell): (x: Tensor) => unknown {
  return (x) => {
    const step = (h: Tensor, element: Tensor): [Tensor, Tensor] => {
      const next = cell.forward(element, h);
      return [next, next];
    };
    return cr.scan(step, cr.zeros([x.shape[1] as number, 5]), x);
  };
}

export const loops: readonly ExportCase[] = [
  unary('scan', (x) => cr.scan(fading, zero(x), steps(x))),
  unary('scan from the end', (x) => cr.scan(fading, zero(x), steps(x), { reverse: true })),
  unary('scan of a tree', (x) =>
    cr.scan(
      ({ h, n }: { h: Tensor; n: Tensor }, [a, b]: readonly [Tensor, Tensor]) => [
        { h: h.add(a.mul(b)), n: n.add(1) },
        { sum: h.sum(1), n },
      ],
      { h: zero(x), n: cr.tensor(0) },
      [steps(x), steps(x).square()] as const,
    ),
  ),
  {
    name: 'scan over any length',
    f: (x) => cr.scan(fading, zero(x), steps(x)),
    args: (n) => [numbers([2, n, 4])],
    batch: { arg0: 1 },
  },
  {
    name: 'scan of a recurrent cell',
    f: cellOf(new nn.GRUCell(4, 5)),
    args: (n) => [numbers([6, n, 4])],
    batch: { arg0: 1 },
  },
  unary('scan without a sequence', (x) =>
    cr.scan((h: Tensor) => [h.mul(0.9).add(0.1), h.sum(-1)], x, null, { length: 4 }),
  ),
  unary('scan without a sequence, from the end', (x) =>
    cr.scan((h: Tensor) => [h.mul(0.9).add(0.1), h.sum(-1)], x, null, { length: 4, reverse: true }),
  ),
  unary('scan in a scan', (x) =>
    cr.scan(
      (h: Tensor, row: Tensor) => {
        const [inner] = cr.scan((a: Tensor, y: Tensor) => [a.mul(y).add(h), a], h, row.t());
        return [inner, h];
      },
      zero(x).sum(1),
      steps(x),
    ),
  ),
  unary('whileLoop', (x) =>
    cr.whileLoop(
      ({ y }: { y: Tensor }) => y.abs().max().lt(50),
      ({ y, n }: { y: Tensor; n: Tensor }) => ({ y: y.mul(2), n: n.add(1) }),
      { y: x.add(0.1), n: cr.tensor(0) },
      { maxIterations: 20 },
    ),
  ),
  unary('whileLoop without a step', (x) =>
    cr.whileLoop(
      (y: Tensor) => y.sum().gt(1e6),
      (y: Tensor) => y.mul(2),
      x,
      { maxIterations: 20 },
    ),
  ),
  unary('cond', (x) => [
    cr.cond(
      x.sum().gt(-1e6),
      (y: Tensor) => y.mul(2),
      (y: Tensor) => y.neg(),
      x,
    ),
    cr.cond(
      x.sum().gt(1e6),
      (y: Tensor) => y.mul(2),
      (y: Tensor) => y,
      x,
    ),
  ]),
  ...[-3, 0, 1, 2, 9].map((k) =>
    unary(`switchCase ${k}`, (x) =>
      cr.switchCase(
        x.sum().mul(0).add(k).cast('int32'),
        [(y: Tensor) => y.exp(), (y: Tensor) => y.mul(x), (y: Tensor) => y.neg()],
        x,
      ),
    ),
  ),
  unary('switchCase of two', (x) =>
    cr.switchCase(
      x.sum().mul(0).add(1).cast('int32'),
      [(y: Tensor) => y.exp(), (y: Tensor) => y.neg()],
      x,
    ),
  ),
  unary('cond in a scan', (x) =>
    cr.scan(
      (h: Tensor, row: Tensor) => {
        const y = cr.cond(
          row.sum().gt(0),
          (a: Tensor) => a.add(row),
          (a: Tensor) => a.sub(row),
          h,
        );
        return [y, y.sum()];
      },
      zero(x),
      steps(x),
    ),
  ),
  { name: 'LSTM with a projection', f: projected(), args: (n) => [numbers([n, 3, 3])], batch: 0 },
];
