/** @file Operations along a dimension whose size changes: everything that they take from that size. */
import * as cr from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { numbers, type ExportCase } from './exportCase.js';

const lengthOf = (x: Tensor): number => x.shape[1] as number;

const parts = ({ values, indices }: cr.ValuesAndIndices): Tensor[] => [values, indices];

function along(name: string, f: (x: Tensor) => unknown): ExportCase {
  return { name, f, args: (length) => [numbers([3, length, 4])], batch: { arg0: 1 } };
}

export const lengths: readonly ExportCase[] = [
  along('places in a sequence', (x) => [
    x.div(cr.arange(1, lengthOf(x) + 1, { dtype: 'float32' }).unsqueeze(1)),
    cr.arange(3, 3 - 2 * lengthOf(x), -2),
    cr.eye(lengthOf(x)).matmul(x),
    x.roll(1, 1),
  ]),
  along('numbers from the length of a sequence', (x) => [
    x.mul(1 / Math.sqrt(lengthOf(x))).sub(lengthOf(x) / 2),
    x.div(3 * lengthOf(x)).add(Math.sqrt(2 * lengthOf(x))),
    cr.takeAlongDim(x, x.argsort(1), 1),
  ]),
  along('the running extremes of a sequence', (x) => parts(cr.cummax(x, 1))),
  along('medians of a sequence', (x) => [
    ...parts(cr.median(x, 1)),
    cr.median(x),
    x.quantile(0.3, 1),
  ]),
  along('diagonals of products of a sequence', (x) => [
    x.matmul(x.mT).diagonal(0, 1, 2),
    x.matmul(x.mT).tril(-1),
  ]),
  along('gradients of parts of a sequence', (x) =>
    cr.grad((y: Tensor) => cr.cat([y, y], 1).at(':', '1:').sin().sum())(x),
  ),
  along('normalization of a sequence', (x) => cr.layerNorm(x.mT, [lengthOf(x)])),
];
