/** @file What transforms take and return for the compiler. Checked by `tsc`, never run. */
import {
  checkpoint,
  compile,
  grad,
  hessian,
  hvp,
  jacrev,
  jvp,
  Parameter,
  setRngState,
  valueAndGrad,
  vjp,
  vmap,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { loadCheckpoint } from '@chainrule/autograd/io';
import { expectType } from './expect.js';

declare const x: Tensor;
const a = zeros([2, 3]);
const w = new Parameter(zeros([3]));

// A function written on the spot takes tensors.
expectType<Tensor>()(grad((t) => t.sin().sum())(x));
expectType<[value: Tensor, gradients: Tensor]>()(valueAndGrad((s, t) => s.mul(t).sum())(x, x));
hessian((t) => t.sin().sum())(x);
jacrev((t) => t.sin())(x);
compile((t) => t.sin())(x);
vmap((t) => t.sin())(x);
jvp((t) => t.sin(), [x], [x]);
jvp((t) => t.sin(), x, x);
hvp((t) => t.sin().sum(), x, x);
checkpoint((t) => t.sin().sum(), x);

// Gradients look like the arguments: tensors for cells and numbers.
const loss = (t: Tensor<[2, 3]>, rate: number, { p }: { readonly p: Parameter<[3]> }): Tensor =>
  t.mul(p).mul(rate).sum();
expectType<Tensor<[2, 3]>>()(grad(loss)(a, 2, { p: w }));
expectType<Tensor<[]>>()(grad(loss, 1)(a, 2, { p: w }));
expectType<{ readonly p: Tensor<[3]> }>()(grad(loss, -1)(a, 2, { p: w }));
expectType<[Tensor<[2, 3]>, Tensor<[]>]>()(grad(loss, [0, 1])(a, 2, { p: w }));
const withAux = (t: Tensor<[3]>): [Tensor, { readonly size: number }] => [t.sum(), { size: 3 }];
expectType<[gradients: Tensor<[3]>, aux: { readonly size: number }]>()(
  grad(withAux, 0, { hasAux: true })(w),
);

// Derivatives of tensors: one for each input, null only where that is allowed.
const alone = grad(x, x, { gradOutputs: x });
expectType<[Tensor]>()(alone);
const both = grad([x, x], [a, w], { createGraph: true, gradOutputs: [x, null] });
expectType<[Tensor<[2, 3]>, Tensor<[3]>]>()(both);
declare const many: readonly Tensor[];
const all = grad(x, many);
expectType<Tensor[]>()(all);
const some = grad(x, [x, w], { allowUnused: true });
expectType<[Tensor | null, Tensor<[3]> | null]>()(some);
// @ts-expect-error: an unknown option
grad(x, [x], { allowUnused: true, createGrap: true });

// Pullbacks.
const [, one] = vjp((t: Tensor<[2, 3]>) => t.sum(), a);
expectType<Tensor<[2, 3]>>()(one(x.sum()));
const [, two] = vjp((t: Tensor<[2, 3]>, u: Tensor<[3]>) => t.mul(u), a, w);
expectType<[Tensor<[2, 3]>, Tensor<[3]>]>()(two(a));

// Examples come first.
expectType<Tensor<[number]>>()(vmap((row: Tensor<[3]>) => row.sum())(a));
expectType<Tensor<[number, 3]>>()(vmap((row: Tensor<[3]>) => row.mul(2))(a));
expectType<{ both: Tensor<[number, 3]>; n: number }>()(
  vmap((row: Tensor<[3]>) => ({ both: row.mul(2), n: 1 }))(a),
);
expectType<Tensor>()(vmap((row: Tensor<[3]>) => row.mul(2), 0, 1)(a));

// Values.
expectType<number>()(zeros([]).toArray());
expectType<number[][]>()(a.toArray());
expectType<boolean[][]>()(a.gt(0).toArray<boolean>());
expectType<Float32Array<ArrayBuffer>>()(a.dataSync('float32')); // in memory of its own: a Blob takes it
expectType<Promise<Int32Array<ArrayBuffer>>>()(a.data('int32'));

// What was saved is looked at when it is used.
const { state } = await loadCheckpoint('run');
setRngState(state['rng']);
