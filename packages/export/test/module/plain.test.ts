/** @file Modules with plain kernels, for operations without compiled ones: the same bits as the compiled function. */
import * as cr from '@chainrule/autograd';
import {
  compile,
  getRngState,
  manualSeed,
  noGrad,
  randn,
  setRngState,
  zeros,
} from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { primitive, primitives } from '@chainrule/autograd/internal';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { describe, expect, it, vi } from 'vitest';
import { exportModule } from '../../src/index.js';
import { isPlain } from '../../src/module/plainRuntime.js';
import { loaded, type Result } from './loaded.js';

// The bits are those of the engine without a library.
vi.hoisted(() => (process.env['CHAINRULE_BLAS'] = 'off'));

const { linalg, special } = cr;
const list = <T>(x: T | readonly T[]): readonly T[] => (Array.isArray(x) ? x : [x as T]);
type Function = (x: Tensor) => Tensor | Tensor[];

/** Compares a module with the compiled function at several batch sizes. */
async function agrees(
  f: Function,
  row: readonly number[],
  input: (shape: readonly number[]) => Tensor = (shape) => randn([...shape]),
): Promise<void> {
  const given = input([1, ...row]);
  given.dataSync();
  const random = getRngState();
  const { predict } = await loaded<Result | Result[]>(exportModule(f, [given], { batch: 12 }));
  const compiled = compile(f);
  const inputs = [1, 2, 5, 12].map((n) => input([n, ...row]));
  inputs.forEach((x) => x.dataSync());
  // A module draws on from where the generator stood.
  setRngState(random);
  for (const x of inputs) {
    const found = list(predict(x.dataSync()));
    const want = list(noGrad(() => compiled(x)));
    expect(found.map(({ shape }) => shape)).toEqual(want.map(({ shape }) => shape));
    for (const [k, y] of want.entries())
      expect(Array.from((found[k] as Result).data)).toEqual(Array.from(y.dataSync()));
  }
}

/** Symmetric, with positive eigenvalues. */
const positive = (x: Tensor): Tensor => x.matmul(x.mT).add(cr.eye(x.shape.at(-1) as number));
const gradient =
  (f: (x: Tensor) => Tensor): Function =>
  (x) => [f(x), cr.grad((y: Tensor) => f(y).sum())(x)];

describe('modules with plain kernels', () => {
  manualSeed(0);

  it.each<[string, (x: Tensor) => Tensor]>([
    ['inv', (x) => linalg.inv(positive(x))],
    ['solve', (x) => linalg.solve(x, x.mul(2).exp())],
    ['cholesky', (x) => linalg.cholesky(positive(x))],
    ['det', (x) => linalg.det(x)],
    ['slogdet', (x) => linalg.slogdet(x).logabsdet],
    ['qr', (x) => linalg.qr(x).Q],
    ['eigh', (x) => linalg.eigh(positive(x)).values],
    ['svd', (x) => linalg.svd(x).S],
    ['pinv', (x) => linalg.pinv(x)],
    ['lu', (x) => linalg.lu(x).U],
    ['matrixExp', (x) => cr.matrixExp(x.mul(0.3))],
    ['lstsq', (x) => linalg.lstsq(x, x.mul(x)).solution],
  ])('with its gradient: %s', async (_, f) => {
    await agrees(gradient(f), [6, 6]);
    await agrees(f, [20, 20]);
  });

  it.each<[string, (x: Tensor) => Tensor | Tensor[]]>([
    [
      'luFactor and luSolve',
      (x) => {
        const { LU, pivots } = linalg.luFactor(x);
        return linalg.luSolve(LU, pivots, x.mul(x));
      },
    ],
    [
      'qr, complete',
      (x) => Object.values(linalg.qr(x.at('...', [0, 3]), { mode: 'complete' })) as Tensor[],
    ],
    ['logcumsumexp', gradient((x) => cr.logcumsumexp(x, 1))],
    ['mode', (x) => cr.mode(x.mul(2).round(), 1).indices],
    ['nanmedian', (x) => cr.nanmedian(x.log(), 1).values],
    ['polygamma', gradient((x) => cr.polygamma(2, x.abs().add(0.1)))],
    ['zeta', (x) => special.zeta(x.abs().add(1), 2)],
    ['incomplete gamma', gradient((x) => special.gammainc(2.5, x.abs()))],
    ['incomplete gamma, upper', (x) => special.gammaincc(x.abs(), 2.5)],
    ['erfcx', gradient((x) => special.erfcx(x))],
    ['logNdtr', gradient((x) => special.logNdtr(x))],
    ['i0', gradient((x) => special.i0(x))],
    ['i1e', gradient((x) => special.i1e(x))],
    ['sinc', gradient((x) => cr.sinc(x))],
    ['erfinv and its slope', gradient((x) => cr.erfinv(x.tanh()))],
    ['in double precision', (x) => special.ndtri(x.cast('float64').sigmoid())],
    ['nextafter', (x) => cr.nextafter(x.cast('float64'), 3)],
    [
      'gcd and lcm',
      (x) => {
        const whole = x.mul(20).cast('int32');
        return [cr.gcd(whole, 12), cr.lcm(whole, whole.mT)];
      },
    ],
    [
      'draws',
      (x) => {
        const rate = x.exp();
        return [cr.gamma(rate), cr.poisson(rate), cr.binomial(9, x.sigmoid()), cr.vonMises(rate)];
      },
    ],
    ['the derivative of a draw', gradient((x) => cr.gamma(x.exp()))],
  ])('%s', async (_, f) => agrees(f, [6, 6]));

  it('folds and unfolds', async () => {
    const { unfold, fold } = nn.functional;
    const f = (x: Tensor): Tensor =>
      fold(unfold(x, 3, { padding: 1, stride: 2 }).sin(), [8, 7], 3, { padding: 1, stride: 2 });
    await agrees(gradient(f), [2, 8, 7]);
  });

  it('between kernels, in loops and in choices', async () => {
    await agrees(
      (x) => {
        const [last, ys] = cr.scan(
          (c: Tensor, k: Tensor) => {
            const y = linalg.solve(positive(c), c.mul(k));
            return [y.tanh().add(c), linalg.det(y)];
          },
          x,
          cr.arange(4),
        ) as [Tensor, Tensor];
        const turned = cr.cond(
          last.sum().gt(0),
          (t: Tensor) => linalg.inv(positive(t)),
          (t: Tensor) => linalg.cholesky(positive(t)),
          last,
        );
        const small = cr.whileLoop(
          ([t]: Tensor[]) =>
            linalg
              .svd(t as Tensor)
              .S.max()
              .gt(0.1),
          ([t]: Tensor[]) => [(t as Tensor).mul(0.3)],
          [turned] as Tensor[],
        );
        return [last, ys, turned, small[0] as Tensor];
      },
      [3, 3],
    );
  });

  it('trains bit for bit', async () => {
    const layer = new nn.Linear(4, 9);
    const optimizer = new Adam(layer.parameters(), { lr: 0.01 });
    const covariance = (x: Tensor): Tensor =>
      linalg.cholesky(positive(layer.forward(x).reshape([-1, 3, 3])));
    const loss = (l: Tensor, target: Tensor): Tensor =>
      linalg
        .triangularSolve(l, target.unsqueeze(-1), { upper: false })
        .square()
        .mean()
        .add(l.diagonal({ dim1: 1, dim2: 2 }).log().mean());
    const { train, state } = await loaded(
      exportModule(covariance, [zeros([2, 4])], {
        modules: { '': layer, optimizer },
        batch: 8,
        train: { loss: loss, optimizer, targets: [zeros([2, 3])] },
      }),
    );
    const step = compile((x: Tensor, y: Tensor) => {
      optimizer.zeroGrad();
      const value = loss(covariance(x), y);
      value.backward();
      optimizer.step();
      return value;
    });
    for (const n of [1, 8, 3]) {
      const [x, y] = [randn([n, 4]), randn([n, 3])];
      expect(train(x.dataSync(), y.dataSync())).toBe(step(x, y).item());
    }
    for (const [key, p] of layer.namedParameters())
      expect(Array.from(state()[key] as Float32Array)).toEqual(Array.from(p.dataSync()));
  });

  it("throws the kernel's errors, and stays usable", async () => {
    const w = new cr.Parameter(cr.eye(2));
    const { predict } = await loaded(
      exportModule((x: Tensor) => linalg.cholesky(x.add(w)), [zeros([1, 2, 2])], { batch: 4 }),
    );
    expect(() => predict([1, 0, 0, 1, 1, 2, 2, -3])).toThrow(
      /linalg\.cholesky: matrix 1 of shape \[2, 2\] is not positive definite/,
    );
    expect(Array.from(predict([3, 0, 0, 0]).data)).toEqual([2, 0, 0, 1]);
    // What follows from a wrong index is not computed.
    const chosen = await loaded(
      exportModule(
        (x: Tensor) => linalg.cholesky(cr.indexSelect(cr.tensor([[[4]], [[9]]]), 0, x.flatten())),
        [zeros([1]).cast('int32')],
        { batch: 4 },
      ),
    );
    expect(Array.from(chosen.predict([1, 0]).data)).toEqual([3, 2]);
    expect(() => chosen.predict([1, 7])).toThrow(/an index or a probability is out of range/);
  });

  it('is there for every operation without another kernel, and adds what is used', () => {
    const plain = primitives.filter(({ lowering }) => lowering.kind === 'reference');
    expect(plain.filter(({ name }) => !isPlain(name)).map(({ name }) => name)).toEqual([]);
    const size = (f: (x: Tensor) => Tensor): number =>
      exportModule(f, [zeros([2, 2])], { batch: null }).js.length;
    const without = size((x) => x.sin());
    expect(size((x) => linalg.det(x.sin())) - without).toBeLessThan(8000);
    const own = primitive('ownOperation', {
      lowering: { kind: 'reference' },
      shape: ([x]) => (x as Tensor).shape,
      batch: ([x]) => x as Tensor,
    });
    expect(() => size((x) => own([x]))).toThrow(
      /exportModule: ownOperation needs the framework.*plain\.test\.ts:\d+/,
    );
  });
});
