/** @file Table entries of transforms used as operations. */
import * as A from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const wave = (x: Tensor): Tensor => x.sin().mul(x);

const tripled = A.customGrad({
  name: 'tripled',
  forward: (ctx, x: Tensor, y: Tensor) => {
    ctx.save(x, y);
    return x.mul(y).mul(3);
  },
  backward: (ctx, g) => ctx.saved.map((_t, k) => g.mul(ctx.saved[1 - k] as Tensor).mul(3)),
});

export const transforming: Record<string, OpLine> = {
  checkpoint: { call: (x: Tensor) => A.checkpoint(wave, x) },
  customGrad: {
    call: tripled,
    samples: () => [[spread([2, 3], -2, 2), spread([2, 3], -2, 2, [], 2)]],
  },
  vmap: {
    call: (x: Tensor) => A.vmap((row: Tensor) => wave(row).sum())(x),
    samples: () => [[spread([3, 2], -2, 2)]],
  },
  grad: { call: (x: Tensor) => A.grad((z: Tensor) => wave(z).sum())(x) },
  jvp: { call: (x: Tensor) => A.jvp(wave, [x], [x])[1] },
};
