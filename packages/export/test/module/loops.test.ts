/** @file Loops and choices in modules without the framework: the bits of the compiled function, in predictions and in training. */
import {
  associativeScan,
  compile,
  cond,
  getRngState,
  manualSeed,
  noGrad,
  Parameter,
  randint,
  randn,
  scan,
  setRngState,
  switchCase,
  tensor,
  whileLoop,
  zeros,
  type Tensor,
  type TypedArray,
} from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam, SGD } from '@chainrule/optim';
import { describe, expect, it, vi } from 'vitest';
import { exportModule } from '../../src/index.js';
import { loaded, type Result } from './loaded.js';

// The bits are those of the engine without a library.
vi.hoisted(() => (process.env['CHAINRULE_BLAS'] = 'off'));

const list = <T>(x: T | readonly T[]): readonly T[] => (Array.isArray(x) ? x : [x as T]);

/** Compares a module with the compiled function at several batch sizes. */
async function agrees(
  f: (x: Tensor) => Tensor | Tensor[],
  row: readonly number[],
  { sizes = [1, 2, 5, 9], batch = 9 } = {},
): Promise<void> {
  const { predict } = await loaded<Result | Result[]>(
    exportModule(f, [zeros([sizes[0] as number, ...row])], { batch }),
  );
  const compiled = compile(f);
  for (const n of sizes) {
    const x = randn([n, ...row]);
    const want = list(noGrad(() => compiled(x)));
    const found = list(predict(x.dataSync()));
    expect(found.map(({ shape }) => shape)).toEqual(want.map(({ shape }) => shape));
    for (const [k, y] of want.entries())
      expect(Array.from((found[k] as Result).data)).toEqual(Array.from(y.dataSync()));
  }
}

const weights = (n: number, m: number): Parameter => new Parameter(randn([n, m]).mul(0.3));

describe('loops in exported modules', () => {
  manualSeed(0);
  const w = weights(32, 32);

  it('whileLoop, whose steps follow from the values', async () => {
    const f = (x: Tensor): Tensor[] => {
      const last = whileLoop(
        ({ k, y }: { k: Tensor; y: Tensor }) => y.abs().max().gt(0.05).logicalAnd(k.lt(50)),
        ({ k, y }) => ({ k: k.add(1), y: y.matmul(w).tanh().mul(0.6) }),
        { k: tensor(0).cast('int32'), y: x },
      );
      return [last.y, last.k];
    };
    await agrees(f, [32]);
  });

  it('whileLoop with carries that change places, and one that no step changes', async () => {
    const f = (x: Tensor): Tensor[] =>
      whileLoop(
        ([k]: Tensor[]) => (k as Tensor).lt(5),
        ([k, a, b, c]: Tensor[]) =>
          [(k as Tensor).add(1), b, (a as Tensor).matmul(w).sin(), c] as Tensor[],
        [tensor(0), x, x.mul(2), x.matmul(w)] as Tensor[],
      );
    await agrees(f, [32]);
  });

  it('cond and switchCase, within each other and in loops', async () => {
    const f = (x: Tensor): Tensor[] => {
      const y = cond(
        x.sum().gt(0),
        (t: Tensor) => t.matmul(w).relu(),
        (t: Tensor) => t.matmul(w.t()).tanh(),
        x,
      );
      const z = whileLoop(
        ([k]: Tensor[]) => (k as Tensor).lt(4),
        ([k, s]: Tensor[]) => [
          (k as Tensor).add(1),
          switchCase(
            (k as Tensor).cast('int32'),
            [
              (t: Tensor) => t.matmul(w).sin(),
              (t: Tensor) => t,
              (t: Tensor) =>
                cond(
                  t.mean().lt(0),
                  (u: Tensor) => u.neg(),
                  (u: Tensor) => u.mul(0.5).add(y.mean()),
                  t,
                ),
            ],
            s as Tensor,
          ),
        ],
        [tensor(0), y] as Tensor[],
      );
      return [y, z[1] as Tensor];
    };
    await agrees(f, [32]);
  });

  it('scan: forward and backward, over the batch, in a loop, of any length', async () => {
    const step = (h: Tensor, x: Tensor): [Tensor, Tensor] => {
      const y = x.matmul(w).add(h).tanh();
      return [y, y.mul(2)];
    };
    // Along the sequence, in both directions, and of what the first gave.
    await agrees(
      (x) => {
        const xs = x.transpose(0, 1);
        const [last, ys] = scan(step, zeros([x.shape[0] as number, 32]), xs);
        const [first, back] = scan(step, last, ys, { reverse: true });
        return [last, first, back.transpose(0, 1)];
      },
      [3, 32],
    );
    // Along the batch itself, whose size is then the length of the loop.
    await agrees((x) => scan(step, zeros([32]), x), [32]);
    // What a step gives is what it was given, or given twice; nothing is wanted of the last.
    const given = (h: Tensor[], x: Tensor): [Tensor[], Tensor[]] => {
      const y = (h[0] as Tensor).matmul(w).add(x).tanh();
      return [
        [h[1] as Tensor, y, h[2] as Tensor, y],
        [h[0] as Tensor, x, w, y, y, x.mul(2)],
      ];
    };
    for (const reverse of [false, true])
      await agrees(
        (x) => {
          const zero = x.select(1, 0);
          const start = [zero, zero.sin(), zero.cos(), zero];
          const [last, ys] = scan(given, start, x.transpose(0, 1), { reverse });
          return [...last, ...ys.slice(0, 5)];
        },
        [3, 32],
      );
    // A loop of loops, and one that is too long to be written out.
    await agrees(
      (x) =>
        scan(
          (h: Tensor) => {
            const [y] = scan(step, h, x);
            return [y, y.sum()] as [Tensor, Tensor];
          },
          zeros([32]),
          null,
          { length: 3 },
        ),
      [32],
    );
    await agrees(
      (x) => scan((h: Tensor) => [h.matmul(w).sin(), h.mean()], x, null, { length: 5000 }),
      [32],
      { sizes: [2], batch: 2 },
    );
  });

  it('computes step-invariant values once: the packed weights of an LSTM', async () => {
    const model = new nn.LSTM(8, 16, { batchFirst: true });
    const f = (x: Tensor): Tensor => model.forward(x)[0];
    await agrees(f, [5, 8]);
    const { js } = exportModule(f, [zeros([8, 5, 8])], { batch: 8 });
    expect(js).toMatch(/"bodies":\[\{"c":\[[\d,]+\],"b":[1-9]/);
  });

  it('associativeScan', async () => {
    await agrees(
      (x) =>
        associativeScan((a: Tensor, b: Tensor) => a.mul(0.5).add(b.matmul(w).sin()), x, { dim: 1 }),
      [6, 32],
    );
  });

  it('says that a condition is NaN or never ends, and goes on', async () => {
    const f = (x: Tensor): Tensor =>
      whileLoop(
        (t: Tensor) => t.max().sub(1000).minimum(0),
        (t) => t.matmul(w).exp().add(t),
        x,
        {
          maxIterations: 20,
        },
      );
    const { predict } = await loaded<Result | Result[]>(
      exportModule(f, [zeros([1, 32])], { batch: 2 }),
    );
    expect(() => predict(new Float32Array(32).fill(NaN))).toThrow(
      /predict: whileLoop: the condition is NaN after 0 iterations; nothing has changed/,
    );
    expect((predict(new Float32Array(32).fill(1)) as Result).shape).toEqual([1, 32]);
    const never = (x: Tensor): Tensor =>
      whileLoop(
        (t: Tensor) => t.sum().lt(1e9),
        (t) => t.mul(w.mean().abs().mul(0)),
        x,
        {
          maxIterations: 7,
        },
      );
    const { predict: forever } = await loaded<Result | Result[]>(
      exportModule(never, [zeros([1, 32])], { batch: 2 }),
    );
    expect(() => forever(new Float32Array(32))).toThrow(/still holds after 7 iterations/);
    const choice = (x: Tensor): Tensor =>
      cond(
        x.sum(),
        (t: Tensor) => t.matmul(w),
        (t: Tensor) => t,
        x,
      );
    const { predict: chosen } = await loaded<Result | Result[]>(
      exportModule(choice, [zeros([1, 32])], { batch: 2 }),
    );
    expect(() => chosen(new Float32Array(32).fill(NaN))).toThrow(/cond: the predicate is NaN/);
  });

  it('says that an index within a loop is out of range', async () => {
    const table = weights(5, 32);
    const f = (x: Tensor): Tensor =>
      scan(
        (h: Tensor, k: Tensor) => {
          const y = h.add(nn.functional.embedding(k, table)).tanh();
          return [y, y] as [Tensor, Tensor];
        },
        zeros([x.shape[0] as number, 32]),
        x.transpose(0, 1),
      )[0];
    const { predict } = await loaded<Result | Result[]>(
      exportModule(f, [zeros([1, 3]).cast('int32')], { batch: 2 }),
    );
    expect(() => predict([0, 5, 1])).toThrow(/an index or a probability is out of range/);
    const x = randint(0, 5, [2, 3]);
    expect(Array.from((predict(x.dataSync()) as Result).data)).toEqual(
      Array.from(noGrad(() => compile(f)(x)).dataSync()),
    );
  });

  /** Trains a module and the compiled step side by side. */
  async function trains(
    forward: (x: Tensor, p: nn.ParameterList) => Tensor,
    make: (p: Iterable<Parameter>) => { zeroGrad(): void; step(): unknown },
    row: readonly number[],
  ): Promise<void> {
    const model = new nn.ParameterList([weights(24, 24), weights(24, 24), weights(24, 3)]);
    const optimizer = make(model.parameters());
    const loss = (y: Tensor, target: Tensor): Tensor => nn.functional.mseLoss(y, target);
    const made = exportModule((x: Tensor) => forward(x, model), [zeros([3, ...row])], {
      modules: { '': model, optimizer: optimizer as never },
      batch: 4,
      train: { loss, optimizer, targets: [zeros([3, 3])] },
    });
    const { train, state } = await loaded<Result | Result[]>(made);
    const step = compile((x: Tensor, y: Tensor) => {
      optimizer.zeroGrad();
      const value = loss(forward(x, model), y);
      value.backward();
      optimizer.step();
      return value;
    });
    const random = getRngState();
    const data = [3, 4, 1, 3].map((n) => [randn([n, ...row]), randn([n, 3])] as const);
    data.forEach(([x, y]) => (x.dataSync(), y.dataSync()));
    setRngState(random);
    for (const [x, y] of data) expect(train(x.dataSync(), y.dataSync())).toBe(step(x, y).item());
    const after = state();
    for (const [key, p] of model.namedParameters())
      expect(Array.from(after[key] as TypedArray)).toEqual(Array.from(p.dataSync()));
    expect((after['random'] as TypedArray)[1]).toBe(getRngState().offset);
  }

  const p = (params: nn.ParameterList, k: number): Tensor => [...params.parameters()][k] as Tensor;

  it('trains through whileLoop, cond and switchCase', async () => {
    await trains(
      (x, params) => {
        const [k, y] = whileLoop(
          ([i, t]: Tensor[]) => (i as Tensor).lt(6).logicalAnd((t as Tensor).abs().mean().gt(0.1)),
          ([i, t]: Tensor[]) => [(i as Tensor).add(1), (t as Tensor).matmul(p(params, 0)).tanh()],
          [tensor(0), x] as Tensor[],
          { maxIterations: 8 },
        ) as [Tensor, Tensor];
        const z = cond(
          y.sum().gt(0),
          (t: Tensor) => t.matmul(p(params, 1)),
          (t: Tensor) => t.sin(),
          y,
        );
        const out = switchCase(
          k.cast('int32').remainder(2),
          [(t: Tensor) => t.matmul(p(params, 2)), (t: Tensor) => t.mul(2).matmul(p(params, 2))],
          z,
        );
        return out;
      },
      (ps) => new Adam(ps, { lr: 0.05 }),
      [24],
    );
  });

  it('trains through a scan that draws random numbers', async () => {
    await trains(
      (x, params) =>
        scan(
          (h: Tensor, t: Tensor) => {
            const y = nn.functional
              .dropout(t, { p: 0.2 })
              .matmul(p(params, 0))
              .add(h.matmul(p(params, 1)))
              .tanh();
            return [y, y] as [Tensor, Tensor];
          },
          zeros([x.shape[0] as number, 24]),
          x.transpose(0, 1),
        )[0].matmul(p(params, 2)),
      (ps) => new SGD(ps, { lr: 0.1, momentum: 0.9 }),
      [4, 24],
    );
  });
});

describe('the size that differs is that of another dimension', () => {
  const lstm = new nn.LSTM(3, 4, { batchFirst: true });
  const model = (x: Tensor, scale: Tensor): Tensor => lstm.forward(x)[0].mul(scale);
  const [scale, batch] = [tensor([1, 2, 3, 4]), 2];

  it('sequences of any length, in all arguments that have the dimension', async () => {
    const examples: [Tensor, Tensor] = [zeros([batch, 5, 3]), scale];
    const made = exportModule(model, examples, {
      dynamic: 1,
      modules: lstm,
      names: ['x', 'scale'],
    });
    expect(made.types).toContain('@param x float32 [2, length, 3]');
    const { predict } = await loaded(made);
    for (const length of [1, 2, 5, 17, 300]) {
      const x = randn([batch, length, 3]);
      const { data, shape } = predict(x.dataSync(), scale.dataSync());
      const right = noGrad(() => model(x, scale));
      expect(shape).toEqual(right.shape);
      expect(
        Math.max(...data.map((v, i) => Math.abs(v - (right.dataSync()[i] as number)))),
      ).toBeLessThan(1e-6);
    }
    expect(() => predict(new Float32Array(7), scale.dataSync())).toThrow(
      /\[2, length, 3\]\), got 7/,
    );
  });

  it('of some arguments by name; misuse is refused', async () => {
    const examples: [Tensor, Tensor] = [zeros([batch, 5]), zeros([batch, 5])];
    const f = (x: Tensor, y: Tensor): Tensor => x.mean(1, { keepdim: true }).add(y);
    const { predict } = await loaded(exportModule(f, examples, { dynamic: { arg0: 1 } }));
    const x = randn([batch, 9]);
    const y = randn([batch, 5]);
    expect([...predict(x.dataSync(), y.dataSync()).data]).toEqual([...f(x, y).dataSync()]);
    const refused = (dynamic: unknown) => () =>
      exportModule(f, examples, { dynamic: dynamic as never });
    expect(refused({ arg1: 2 })).toThrow(/dynamic: arg1 of shape \[2, 5\] has no dimension 2/);
    expect(refused({ other: 0 })).toThrow(/dynamic: there is no argument 'other' \(arg0, arg1\)/);
    expect(refused(2)).toThrow(/dynamic: no argument has dimension 2/);
    expect(refused(-1)).toThrow(/dynamic/);
    expect(refused({ arg0: 1, arg1: 0 })).toThrow(
      /dynamic: the arguments have different sizes there \(5, 2\)/,
    );
  });
});
