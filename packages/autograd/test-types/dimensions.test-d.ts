/** @file Dimensions that a tensor does not have, and data that is no tensor, are refused where they are written. */
import * as f from '@chainrule/autograd';
import { tensor, zeros, type Tensor } from '@chainrule/autograd';
import { expectType } from './expect.js';

declare const n: number;
declare const some: Tensor;
declare const nested: f.NestedArray;
declare const sortOptions: f.SortOptions;
declare const normOptions: {
  p?: number | 'fro' | 'nuc';
  dim?: f.ReduceDims;
  keepdim?: boolean;
};
declare const flattenOptions: f.FlattenOptions;
declare const topkOptions: f.TopkOptions;
declare const rollOptions: f.RollOptions;
declare const diagonalOptions: { offset?: number; dim1?: number; dim2?: number };
declare const along: { dim?: number };
const a = zeros([2, 3]);
const row = zeros([3]);
const at = tensor([0]).cast('int32');

// By position.
// @ts-expect-error there is no dimension 2
a.flatten(2);
// @ts-expect-error there is no dimension 2
f.flatten(a, 0, 2);
// @ts-expect-error there is no dimension 2
a.sort(2);
// @ts-expect-error there is no dimension -3
f.sort(a, -3);
// @ts-expect-error there is no dimension 2
a.argsort(2);
// @ts-expect-error there is no dimension 2
f.argsort(a, 2);
// @ts-expect-error there is no dimension 2
a.topk(1, 2);
// @ts-expect-error there is no dimension 2
f.topk(a, 1, 2);
// @ts-expect-error there is no dimension 2
a.roll(1, 2);
// @ts-expect-error there is no dimension 2
f.roll(a, [1, 1], [0, 2]);
// @ts-expect-error there is no dimension 2
a.movedim(2, 0);
// @ts-expect-error there is no dimension 2
f.movedim(a, 0, [2]);
// @ts-expect-error there is no dimension 2
a.unflatten(2, [1, 1]);
// @ts-expect-error there is no dimension 2
f.unflatten(a, 2, [1, 1]);
// @ts-expect-error there is no dimension 2
a.diagonal(0, 0, 2);
// @ts-expect-error a vector has no dimension 1
f.diagonal(row);
// @ts-expect-error a vector has no dimension 1
row.diagonal();
// @ts-expect-error there is no dimension 2
a.repeatInterleave(2, 2);
// @ts-expect-error there is no dimension 2
f.repeatInterleave(a, 2, 2);
// @ts-expect-error there is no dimension 2
f.flip(a, 2);
// @ts-expect-error there is no dimension 2
f.unbind(a, 2);
// @ts-expect-error there is no dimension 2
f.chunk(a, 2, 2);
// @ts-expect-error there is no dimension 2
f.split(a, 2, 2);
// @ts-expect-error a vector has no dimension 1
f.narrow(a, 2, 0, 1);
// @ts-expect-error there is no dimension 2
f.select(a, 2, 0);
// @ts-expect-error there is no dimension 2
a.norm(2);
// @ts-expect-error there is no dimension 2
f.norm(a, [0, 2]);
// @ts-expect-error there is no dimension 2
f.gather(a, 2, at);
// @ts-expect-error there is no dimension 2
f.indexSelect(a, 2, at);
// @ts-expect-error there is no dimension 2
f.cummax(a, 2);
// @ts-expect-error there is no dimension 2
f.cummin(a, 2);
// @ts-expect-error there is no dimension 2
f.logcumsumexp(a, 2);
// @ts-expect-error there is no dimension 2
f.softmin(a, 2);
// @ts-expect-error there is no dimension 2
f.countNonzero(a, 2);
// @ts-expect-error there is no dimension 2
f.nansum(a, 2);
// @ts-expect-error there is no dimension 2
f.kthvalue(a, 1, 2);
// @ts-expect-error there is no dimension 2
f.mode(a, 2);
// @ts-expect-error there is no dimension 2
f.median(a, 2);
// @ts-expect-error there is no dimension 2
f.aminmax(a, 2);
// @ts-expect-error there is no dimension 2
f.argmax(a, 2);
// @ts-expect-error there is no dimension 2
f.cumsum(a, 2);
// @ts-expect-error there is no dimension 2
f.max(a, 2);
// @ts-expect-error there is no dimension 2
a.max(2);
// @ts-expect-error there is no dimension 2
f.scatter(a, 2, at, 1);
// @ts-expect-error there is no dimension 2
f.indexAdd(a, 2, at, a);

// As an option.
// @ts-expect-error there is no dimension 2
a.flatten({ startDim: 2 });
// @ts-expect-error there is no dimension 2
f.flatten(a, { endDim: 2 });
// @ts-expect-error there is no dimension 2
a.topk(1, { dim: 2 });
// @ts-expect-error there is no dimension 2
f.sort(a, { dim: 2 });
// @ts-expect-error there is no dimension 2
a.roll(1, { dims: 2 });
// @ts-expect-error there is no dimension 2
a.diagonal({ dim2: 2 });
// @ts-expect-error there is no dimension 2
a.repeatInterleave(2, { dim: 2 });
// @ts-expect-error there is no dimension 2
f.chunk(a, 2, { dim: 2 });
// @ts-expect-error there is no dimension 2
a.norm({ dim: 2 });
// @ts-expect-error there is no dimension 2
f.norm(a, { p: 1, dim: [0, 2] });

// What is not known is not refused, and options are still checked.
expectType<Tensor<[2, 3]>>()(a.roll(1, { dims: [0] }).flip(-1));
expectType<Tensor<[6]>>()(a.flatten({ startDim: 0, endDim: 1 }));
expectType<Tensor>()(a.flatten(flattenOptions));
expectType<Tensor>()(a.flatten(n));
expectType<Tensor<[]>>()(a.norm());
expectType<Tensor>()(a.norm({ p: 1 }));
expectType<Tensor<[2]>>()(a.norm({ dim: 1 }));
expectType<Tensor<[2, 1]>>()(f.norm(a, 1, { p: Infinity, keepdim: true }));
expectType<Tensor<[1, 3]>>()(a.norm({ dim: 0, keepdim: true }));
expectType<Tensor>()(a.norm(normOptions));
expectType<Tensor>()(a.norm(n));
a.sort(n, sortOptions).values.topk(1, n);
a.sort(sortOptions);
a.topk(1, topkOptions).values.roll(1, rollOptions).repeatInterleave(2, along);
a.diagonal(diagonalOptions);
f.topk(a, 1, topkOptions);
a.sort({ descending: true, dim: 1 });
a.sort().values.diagonal(1).repeatInterleave(2, null);
zeros([]).sort(-1).values.flatten();
a.diagonal({ offset: 1, dim1: -1, dim2: 0 });
a.movedim([0, 1], [1, 0]).unflatten(1, [2, -1]).unflatten(-1, [n]);
some.diagonal(0, 2, 3).movedim(3, 4).flatten(2, 3).norm([2, 3]);
for (const dim of [0, 1] as const) a.sort(dim).values.norm(dim);
// @ts-expect-error 2 times 2 is not 3
a.unflatten(1, [2, 2]);
// @ts-expect-error no such option
a.sort({ descendign: true, dim: 1 });
// @ts-expect-error no such option
a.norm({ dims: 1 });
// @ts-expect-error no such option
a.flatten({ startDim: 0, end: 1 });

// Data that is no tensor.
// @ts-expect-error rows of different lengths
tensor([[1], [2, 3]]);
// @ts-expect-error rows and numbers
tensor([1, [2]]);
// @ts-expect-error rows of different lengths
tensor([[[1, 2]], [[1]]]);
// @ts-expect-error rows and numbers
tensor([[1, 2], 3]);
declare const both: readonly [1] | readonly [1, 2];
declare const rows: number[][];
tensor(both);
tensor([both, both]);
tensor([nested, nested]);
tensor([rows, rows]);
tensor([[], []]);
tensor([
  [true, false],
  [false, n > 0],
]);
tensor(n > 0 ? [1] : [1, 2]);
tensor(n > 0 ? 1 : [1, 2]);
