/**
 * @file Programs whose graph differs at each step, as users write them: after a while few plans are made, and no kernel has a
 * new form.
 */
import { expect, test } from 'vitest';
import {
  cat,
  compile,
  manualSeed,
  memoryUsage,
  noGrad,
  Parameter,
  randn,
  scalar,
  stack,
  tensor,
  topk,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { engine } from '@chainrule/autograd/internal';

/** Whole numbers below another one, the same at every run. */
function numbers(): (below: number) => number {
  let state = 42;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor(state / 65536) % below;
  };
}

const parameter = (...shape: number[]): Parameter => new Parameter(randn(shape).mul(0.2));
const ints = (values: number[]): Tensor => tensor(values, { dtype: 'int32' });

/** Stochastic gradient descent by hand. */
const training =
  (parameters: readonly Parameter[], lossOf: () => Tensor): (() => number) =>
  () => {
    for (const p of parameters) p.grad = null;
    const loss = lossOf();
    loss.backward();
    noGrad(() => {
      for (const p of parameters) if (p.grad !== null) p.assign(p.sub(p.grad.mul(0.05)));
    });
    return loss.item();
  };

type Random = (below: number) => number;
const programs: Record<string, (random: Random) => () => unknown> = {
  'a small language model, token by token': (random) => {
    const [E, V, T] = [8, 27, 5];
    const [tokens, places, q, k, v, o] = [
      ...[parameter(V, E), parameter(T, E)],
      ...[0, 1, 2, 3].map(() => parameter(E, E)),
    ] as [Parameter, Parameter, Parameter, Parameter, Parameter, Parameter];
    const [up, down, head] = [parameter(16, E), parameter(E, 16), parameter(V, E)];
    const norm = (x: Tensor): Tensor => x.mul(x.square().mean().add(1e-5).pow(-0.5));
    return training([tokens, places, q, k, v, o, up, down, head], () => {
      const [keys, values, losses]: [Tensor[], Tensor[], Tensor[]] = [[], [], []];
      let token = random(V);
      for (let t = 0; t < T; t++) {
        let x = norm(tokens.select(0, token).add(places.at(t)));
        keys.push(k.matmul(x));
        values.push(v.matmul(x));
        const query = q.matmul(x);
        const heads = [0, 4].map((h) => {
          const scores = stack(keys)
            .narrow(1, h, 4)
            .matmul(query.narrow(0, h, 4))
            .div(2);
          return scores.softmax(0).matmul(stack(values).narrow(1, h, 4));
        });
        x = x.add(o.matmul(cat(heads)));
        x = x.add(down.matmul(up.matmul(norm(x)).relu()));
        token = random(V);
        losses.push(head.matmul(x).logSoftmax(0).at(token).neg());
      }
      return stack(losses).mean();
    });
  },
  'an LSTM over trees': (random) => {
    const E = 6;
    const [words, w, b, out] = [
      parameter(20, E),
      parameter(5 * E, 2 * E),
      parameter(5 * E),
      parameter(3, E),
    ];
    type Tree = number | readonly [Tree, Tree];
    const tree = (leaves: number): Tree => {
      if (leaves === 1) return random(20);
      const left = 1 + random(leaves - 1);
      return [tree(left), tree(leaves - left)];
    };
    const run = (node: Tree): readonly [Tensor, Tensor] => {
      if (typeof node === 'number') return [words.at(node).tanh(), words.at(node)];
      const [[hl, cl], [hr, cr]] = [run(node[0]), run(node[1])];
      const [i, fl, fr, o, g] = w
        .matmul(cat([hl, hr]))
        .add(b)
        .chunk(5) as [Tensor, Tensor, Tensor, Tensor, Tensor];
      const kept = fl.sigmoid().mul(cl).add(fr.sigmoid().mul(cr));
      const c = i.sigmoid().mul(g.tanh()).add(kept);
      return [o.sigmoid().mul(c.tanh()), c];
    };
    return training([words, w, b, out], () =>
      out
        .matmul(run(tree(4))[0])
        .logSoftmax(0)
        .at(random(3))
        .neg(),
    );
  },
  'a beam search whose states are rows': (random) => {
    const [E, V, K] = [8, 12, 3];
    const [words, w, u, out] = [parameter(V, E), parameter(E, E), parameter(E, E), parameter(E, V)];
    return () =>
      noGrad(() => {
        let [h, scores, last]: [Tensor, Tensor, number[]] = [zeros([K, E]), zeros([K]), [0, 1, 2]];
        for (let t = 3 + random(3); t > 0; t--) {
          h = stack(last.map((token) => words.at(token)))
            .matmul(w)
            .add(h.matmul(u))
            .tanh();
          const all = h.matmul(out).logSoftmax(-1).add(scores.unsqueeze(1)).reshape([-1]);
          const { values, indices } = topk(all, K);
          const best = Array.from(indices.dataSync());
          scores = values;
          last = best.map((k) => k % V);
          h = stack(best.map((k) => h.select(0, Math.floor(k / V))));
        }
        return scores.dataSync();
      });
  },
  'a policy, its returns by a loop': (random) => {
    const [first, second] = [parameter(4, 8), parameter(8, 2)];
    return training([first, second], () => {
      const [chosen, rewards]: [Tensor[], number[]] = [[], []];
      for (let t = 4 + random(4); t > 0; t--) {
        const state = tensor([0, 1, 2, 3].map(() => random(100) / 100));
        chosen.push(state.matmul(first).tanh().matmul(second).logSoftmax(0).at(random(2)));
        rewards.push(random(3));
      }
      let sum = 0;
      const returns = rewards.reverse().map((r) => (sum = r + 0.99 * sum));
      return stack(chosen).mul(tensor(returns.reverse())).sum().neg();
    });
  },
  'pointers into what was read': (random) => {
    const E = 6;
    const [read, w, u, v] = [parameter(2, E), parameter(E, E), parameter(E, E), parameter(E)];
    return training([read, w, u, v], () => {
      const h = randn([5, 2]).matmul(read).tanh();
      let [state, loss]: [Tensor, Tensor] = [h.mean(0), scalar(0)];
      for (let t = 0; t < 4; t++) {
        const k = random(5);
        const scores = h.matmul(w).add(state.matmul(u)).tanh().matmul(v);
        loss = loss.sub(scores.logSoftmax(0).at(k));
        state = h.at(k);
      }
      return loss;
    });
  },
  'crops of images': (random) => {
    const images = randn([2, 3, 12, 12]);
    const w = parameter(3 * 64, 3);
    return training([w], () => {
      const crops = [0, 1].map((b) =>
        images
          .exp()
          .at(b, ':', `${random(4)}:`, `${random(4)}:`)
          .narrow(1, 0, 8)
          .narrow(2, 0, 8),
      );
      return stack(crops).reshape([2, -1]).matmul(w).logSoftmax(1).select(1, random(3)).sum().neg();
    });
  },
  'ragged rows': (random) => {
    const [w, out] = [parameter(4, 6), parameter(6)];
    return training([w, out], () => {
      const rows = [0, 1, 2].flatMap((row) => Array.from({ length: 1 + random(9) }, () => row));
      const x = randn([rows.length, 4]).matmul(w).relu();
      return zeros([3, 6]).indexAdd(0, ints(rows), x).matmul(out).sub(1).square().mean();
    });
  },
  'steps of a differential equation': (random) => {
    const [first, second, data] = [parameter(4, 8), parameter(8, 4), randn([20, 3, 4])];
    const f = (y: Tensor): Tensor => y.matmul(first).tanh().matmul(second);
    return training([first, second], () => {
      const steps = 2 + random(4);
      let y: Tensor = data.select(0, 0);
      for (let t = 0; t < steps; t++) y = y.add(f(y.add(f(y).mul(0.5 / steps))).div(steps));
      return y
        .sub(data.select(0, 1 + random(19)))
        .square()
        .mean();
    });
  },
  'a diffusion model with learnt noise': (random) => {
    const [w, noise] = [parameter(6, 6), parameter(30)];
    const denoise = compile((x: Tensor) => x.matmul(w).tanh());
    return () =>
      noGrad(() => {
        let x: Tensor = randn([3, 6]);
        for (let t = 4 + random(20), k = 0; k < 3; k++, t--)
          x = x.sub(denoise(x).mul(noise.at(t))).div(noise.at(t).exp());
        return x.dataSync();
      });
  },
};

test.each(Object.entries(programs))('%s', (_, make) => {
  manualSeed(1);
  engine.plans.clear();
  const step = make(numbers());
  const before = memoryUsage().planning.made;
  for (let i = 0; i < 50; i++) step();
  const { forms } = memoryUsage();
  for (let i = 0; i < 25; i++) step();
  expect(memoryUsage().planning.made - before).toBeLessThan(5);
  expect(memoryUsage().forms).toBe(forms);
});
