/** @file The shapes that tensors have for the compiler. Checked by `tsc`, never run. */
import * as f from '@chainrule/autograd';
import {
  cell,
  ones,
  Parameter,
  randn,
  scalar,
  tensor,
  zeros,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import { expectType } from './expect.js';

declare const n: number;
declare const some: Tensor;
declare const options: { readonly dtype: 'float64' };
const a = zeros([2, 3]);
const rows = zeros([n, 784]);

// Making tensors.
expectType<Tensor<[2, 3]>>()(a);
expectType<Tensor<[64, 784]>>()(randn([64, 784], options));
expectType<Tensor<[number, 784]>>()(rows);
expectType<Tensor>()(zeros(some.shape));
expectType<Tensor<[]>>()(zeros([]));
expectType<Tensor<[]>>()(scalar(1));
expectType<Tensor<[2, 3]>>()(f.onesLike(a));
expectType<Tensor<[3, 3]>>()(f.eye(3));
expectType<Tensor<[3, 4]>>()(f.eye(3, 4));
expectType<Tensor<[5]>>()(f.linspace(0, 1, 5));
expectType<Tensor<[number]>>()(f.arange(5));
expectType<Tensor<[4, 2]>>()(f.randint(0, 10, [4, 2]));
expectType<Tensor<[2, 3]>>()(
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]),
);
expectType<Tensor<[]>>()(tensor(1));
expectType<Tensor<[number]>>()(tensor(new Float32Array(n)));
expectType<Tensor<[2, 3]>>()(tensor(new Float32Array(6), { shape: [2, 3] }));
declare const matrix: number[][];
declare const nested: f.NestedArray;
expectType<Tensor<[number, number]>>()(tensor(matrix));
expectType<Tensor>()(tensor(nested));

// A known shape may stand where any is asked for, never another one.
const any: Tensor = a;
const someRows: Tensor<[number, 784]> = zeros([64, 784]);
// @ts-expect-error 3 is not 4
const wrong: Tensor<[2, 4]> = a;
const parameter: Tensor = new Parameter(a);
// @ts-expect-error 3 is not 4
const wrongParameter: Tensor<[2, 4]> = new Parameter(a);

// Cells have the shape of what they hold.
const w = new Parameter(randn([784, 128]));
expectType<Parameter<[784, 128]>>()(w);
expectType<Tensor<[784, 128]>>()(w.mul(2));
expectType<Tensor<[784, 128]>>()(cell(zeros([784, 128])).add(w));
// Parameters of different shapes in one list need no cast.
for (const p of [w, new Parameter(zeros([128]))]) {
  if (p.grad !== null) p.assign(p.sub(p.grad.mul(0.1)));
  expectType<Tensor>()(p.mul(p));
  expectType<Tensor<[]>>()(p.sum());
  f.add(p, p).relu();
}

// Element-wise operations broadcast.
expectType<Tensor<[2, 3]>>()(a.add(1));
expectType<Tensor<[2, 3]>>()(a.add(zeros([3])));
expectType<Tensor<[2, 5, 4]>>()(zeros([2, 1, 4]).mul(ones([5, 1])));
expectType<Tensor<[2, 3]>>()(f.sub(1, a));
expectType<Tensor<[2, 3]>>()(f.pow(a, 2));
expectType<Tensor<[2, 3]>>()(a.gt(0).logicalNot());
expectType<Tensor<[5, 3]>>()(zeros([n, 3]).div(zeros([5, 3])));
expectType<Tensor<[number, 3]>>()(zeros([n, 3]).div(zeros([1, 3])));
expectType<Tensor>()(a.add(some));
expectType<Tensor<[2, 3]>>()(f.where(a.gt(0), a, 0));
expectType<Tensor<[2, 3]>>()(f.gelu(a, { approximate: 'tanh' }).exp().round());
expectType<Tensor<[]>>()(f.exp(1));
// @ts-expect-error shapes [2, 3] and [4, 3] do not broadcast
a.add(zeros([4, 3]));
// @ts-expect-error shapes [2, 3] and [2] do not broadcast
f.mul(a, zeros([2]));
// @ts-expect-error shapes [2, 3] and [2, 4] do not broadcast
f.where(a.gt(0), a, zeros([2, 4]));

// Products of matrices.
expectType<Tensor<[32, 10]>>()(zeros([32, 784]).matmul(zeros([784, 10])));
expectType<Tensor<[number, 10]>>()(rows.matmul(zeros([784, 10])));
expectType<Tensor<[8, 32, 10]>>()(f.matmul(zeros([8, 32, 5]), zeros([5, 10])));
expectType<Tensor<[7, 8, 2, 4]>>()(f.matmul(zeros([7, 1, 2, 3]), zeros([8, 3, 4])));
expectType<Tensor<[]>>()(f.matmul(zeros([3]), zeros([3])));
expectType<Tensor<[2]>>()(a.mv(zeros([3])));
expectType<Tensor<[2, 4]>>()(a.mm(zeros([3, 4])));
expectType<Tensor<[5, 2, 4]>>()(zeros([5, 2, 3]).bmm(zeros([5, 3, 4])));
expectType<Tensor<[2, 4]>>()(f.outer(zeros([2]), zeros([4])));
expectType<Tensor<[64, 128]>>()(f.linear(zeros([64, 784]), zeros([128, 784])));
expectType<Tensor>()(a.matmul(some));
// @ts-expect-error inner dimensions differ: [32, 784] × [128, 10] (784 ≠ 128)
zeros([32, 784]).matmul(zeros([128, 10]));
// @ts-expect-error [64, 100] has 100 features, the weight [128, 784] takes 784
f.linear(zeros([64, 100]), zeros([128, 784]));
// @ts-expect-error expected two matrices
a.mm(zeros([3]));

// Reductions.
const cube = zeros([2, 3, 4]);
expectType<Tensor<[]>>()(cube.sum());
expectType<Tensor<[]>>()(some.mean());
expectType<Tensor<[2, 4]>>()(cube.sum(1));
expectType<Tensor<[2, 3, 1]>>()(cube.mean(-1, { keepdim: true }));
expectType<Tensor<[3]>>()(f.amax(cube, [0, -1]));
expectType<Tensor<[1, 1, 1]>>()(f.prod(cube, null, { keepdim: true }));
expectType<Tensor<[2, 3]>>()(cube.var(2, { correction: 0 }));
expectType<Tensor<[2, 3]>>()(cube.max(2).values);
expectType<Tensor<[]>>()(cube.max());
expectType<Tensor<[2, 3]>>()(f.argmax(cube, -1));
expectType<Tensor>()(cube.sum(n));
expectType<Tensor>()(some.sum(0));
expectType<Tensor<[2, 3, 4]>>()(cube.softmax(-1).cumsum(0));

// Shapes.
expectType<Tensor<[64, 784]>>()(zeros([64, 1, 28, 28]).reshape([64, -1]));
expectType<Tensor<[3, 2]>>()(a.reshape(3, 2));
expectType<Tensor<[number, 784]>>()(f.reshape(zeros([n, 28, 28]), [-1, 784]));
expectType<Tensor<[6]>>()(a.view(-1));
expectType<Tensor<[64, 784]>>()(zeros([64, 1, 28, 28]).flatten(1));
expectType<Tensor<[24]>>()(cube.flatten());
expectType<Tensor<[2, 4, 3]>>()(cube.permute([0, 2, 1]));
expectType<Tensor<[2, 4, 3]>>()(f.permute(cube, 0, -1, 1));
expectType<Tensor<[2, 4, 3]>>()(cube.transpose(-2, -1));
expectType<Tensor<[3, 2]>>()(a.t());
expectType<Tensor<[1, 2, 3]>>()(a.unsqueeze(0));
expectType<Tensor<[2, 3, 1]>>()(a.unsqueeze(-1));
expectType<Tensor<[3]>>()(zeros([1, 3, 1]).squeeze());
expectType<Tensor<[1, 3]>>()(zeros([1, 3, 1]).squeeze(-1));
expectType<Tensor<[5, 2, 3]>>()(a.expand(5, -1, -1));
expectType<Tensor>()(a.transpose(n, 0));
// @ts-expect-error [2, 3] has 6 elements, [4, 2] has 8
a.reshape([4, 2]);
// @ts-expect-error [0] names 1 dimensions, [2, 3] has 2
a.permute([0]);
// @ts-expect-error there is no dimension 2 in [2, 3]
a.permute(0, 2);
// @ts-expect-error there is no dimension 2 in [2, 3]
a.unbind(2);
// @ts-expect-error t takes at most 2 dimensions, [2, 3, 4] has 3
cube.t();

// Tensors joined.
declare const several: Tensor<[2, 3]>[];
expectType<Tensor<[7, 3]>>()(f.cat([a, zeros([5, 3])]));
expectType<Tensor<[2, 10]>>()(f.cat([a, zeros([2, 3]), zeros([2, 4])], { dim: -1 }));
expectType<Tensor<[number, 3]>>()(f.cat([a, zeros([n, 3])], 0));
expectType<Tensor>()(f.cat(several));
expectType<Tensor>()(f.cat([a, some]));
expectType<Tensor>()(f.cat([a, a], n));
expectType<Tensor<[2, 2, 3]>>()(f.stack([a, a]));
expectType<Tensor<[2, 3, 3]>>()(f.stack([a, a, a], { dim: 2 }));
expectType<Tensor<[2, 3, 2]>>()(f.stack([a, a], -1));
expectType<Tensor>()(f.stack(several));

// Code that is generic over shapes, and callbacks, need nothing more.
function normalized<S extends Shape>(x: Tensor<S>): Tensor<S> {
  const y: Tensor = x.add(x).mul(2).sum();
  return x.div(1).relu();
}
expectType<Tensor<[2, 3]>>()(normalized(a));
function sumOf<A extends Shape, B extends Shape>(
  x: Tensor<A>,
  y: Tensor<B>,
): Tensor<f.Broadcast<A, B>> {
  return x.add(y);
}
expectType<Tensor<[2, 3]>>()(sumOf(a, zeros([3])));
const callback: (x: Tensor, y: Tensor) => Tensor = f.add;
const total: Tensor = [some, some].reduce((x, y) => x.add(y));
[some].map(f.relu).map((x) => x.sum(0, { keepdim: true }));
let hidden: Tensor = a;
hidden = hidden.matmul(zeros([3, 5]));

// Dimensions that are not there.
a.softmax(-1).sum(1).unsqueeze(1);
a.unsqueeze(2);
// @ts-expect-error there is no dimension 5
a.softmax(5);
// @ts-expect-error there is no dimension 2
f.sum(a, 2);
// @ts-expect-error there is no dimension -3
a.mean([0, -3]);
// @ts-expect-error there is no dimension 2
a.cumsum(2);
// @ts-expect-error there is no dimension 3, not even a new one
a.unsqueeze(3);
// @ts-expect-error there is no dimension 4
a.transpose(0, 4);
// @ts-expect-error there is no dimension 2
a.narrow(2, 0, 1);
// @ts-expect-error there is no dimension 2
a.argmax(2);
// @ts-expect-error 3 is not 5
f.cat([a, zeros([2, 5])]);
f.cat([a, zeros([2, 5])], 1);
f.cat([zeros([0]), a]);
// @ts-expect-error [2, 3] is not [4, 5]
f.stack([a, zeros([4, 5])]);
// @ts-expect-error 2 is not 1
a.expand(4, 3);
zeros([1, 3]).expand(4, -1).expand(2, 4, 3);

function anyShape<S extends Shape>(y: Tensor<S>): Tensor {
  return y.softmax(-1).unsqueeze(0).sum(1).select(0, 1).expand(2, 3);
}
anyShape(a);
