/** @file The shapes that patterns of axes give, for the compiler. Checked by `tsc`, never run. */
import { einops, rearrange, zeros, type Tensor } from '@chainrule/autograd';
import { expectType } from './expect.js';

declare const n: number;
declare const pattern: string;
declare const some: Tensor;
const images = zeros([2, 3, 28, 32]);

expectType<Tensor<[2, 28, 32, 3]>>()(rearrange(images, 'b c h w -> b h w c'));
expectType<Tensor<[2, 2688]>>()(rearrange(images, 'b c h w -> b (c h w)'));
expectType<Tensor<[56, 96]>>()(rearrange(images, 'b c h w -> (b h) (w c)'));
expectType<Tensor<[2, 1, 3, 896]>>()(rearrange(images, 'b c h w -> b 1 c (h w)'));
// A size that has to be computed from others is some number.
expectType<Tensor<[2, 3, number, 4, 32]>>()(
  rearrange(images, 'b c (h p) w -> b c h p w', { p: 4 }),
);
expectType<Tensor<[number, 3]>>()(rearrange(zeros([3, n]), 'a b -> b a'));
expectType<Tensor>()(rearrange(images, 'b ... -> ... b'));
expectType<Tensor>()(rearrange(images, pattern));
expectType<Tensor>()(rearrange(some, 'a b -> b a'));
expectType<Tensor<[2, 3]>>()(einops.reduce(images, 'b c h w -> b c', 'mean'));
expectType<Tensor<[]>>()(einops.reduce(images, 'b c h w -> ', 'sum'));
expectType<Tensor<[6, 12]>>()(einops.repeat(zeros([2, 3]), 'a b -> (a 3) (b k)', { k: 4 }));
