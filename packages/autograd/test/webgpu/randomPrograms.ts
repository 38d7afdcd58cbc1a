/** @file Random programs over some dozen operations: the same at every call with the same seed, whatever the device and dtype. */
import * as A from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

/** Random whole numbers, of which each says the same to every run of a program. */
export class Choices {
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 2654435761 + 12345) >>> 0;
  }

  /** From 0 to `n - 1`. */
  below(n: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor(((this.state >>> 8) / 2 ** 24) * n);
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  flag(): boolean {
    return this.below(2) === 1;
  }

  some(n: number): number[] {
    const chosen = Array.from({ length: n }, (_, i) => i).filter(() => this.flag());
    return chosen.length > 0 || n === 0 ? chosen : [this.below(n)];
  }
}

/** What operations of a program know beside their operands. */
export interface Site {
  readonly c: Choices;
  readonly pool: readonly Tensor[];
  /** A value that was computed before, as a tensor of a shape. */
  readonly as: (shape: readonly number[]) => Tensor;
  /** Indices below a limit: of numbers that are known, or computed on the device. */
  readonly index: (limit: number, shape: readonly number[]) => Tensor;
}

/** Operands from what was computed before. */
function siteOf(c: Choices, pool: readonly Tensor[]): Site {
  const as = (shape: readonly number[]): Tensor => {
    const x = pool[c.below(pool.length)] as Tensor;
    const n = shape.reduce((p, m) => p * m, 1);
    const times = Math.ceil(n / Math.max(1, size(x)));
    const flat = x.reshape([-1]);
    if (times <= 1) return flat.narrow(0, 0, n).reshape(shape);
    // Equal numbers would be told apart by rounding alone.
    const ramp = Float32Array.from({ length: n }, (_, i) => 0.3 * Math.sin(1.3 * i));
    return A.tile(flat, [times]).narrow(0, 0, n).add(A.tensor(ramp)).reshape(shape);
  };
  const index = (limit: number, shape: readonly number[]): Tensor => {
    if (c.flag()) return A.remainder(as(shape).mul(37).floor().cast('int32'), limit);
    const n = shape.reduce((p, m) => p * m, 1);
    const some = Int32Array.from({ length: n }, (_, i) => (i * 7 + 3) % limit);
    return A.tensor(some, { shape });
  };
  return { c, pool, as, index };
}

type Operation = (x: Tensor, site: Site) => Tensor;

const size = (x: Tensor): number => x.shape.reduce((p, n) => p * n, 1);
const dimOf = (x: Tensor, c: Choices): number => c.below(x.ndim);
const length = (x: Tensor, dim: number): number => x.shape[dim] as number;

/** Numbers of some size, so that rounding stays what it is. */
export const bounded = (x: Tensor): Tensor => x.div(x.square().add(1).sqrt()).mul(2);

/** A shape to which another one broadcasts. */
function narrower(shape: readonly number[], c: Choices): number[] {
  return shape.map((n) => (c.below(4) === 0 ? 1 : n)).slice(c.below(3) === 0 ? 1 : 0);
}

/** As images `[n, channels, h, w]`. */
function image({ c, as }: Site, channels: number): Tensor {
  return as([1 + c.below(3), channels, 4 + c.below(6), 4 + c.below(7)]);
}

const element =
  (f: (x: Tensor) => Tensor): Operation =>
  (x) =>
    f(x);
const pair =
  (f: (x: Tensor, y: Tensor) => Tensor): Operation =>
  (x, { c, as }) =>
    f(x, as(narrower(x.shape, c)));
const along =
  (f: (x: Tensor, dim: number, c: Choices) => Tensor): Operation =>
  (x, { c }) =>
    x.ndim === 0 ? x : f(x, dimOf(x, c), c);
const folded =
  (f: (x: Tensor, dims: number[], keepdim: boolean) => Tensor): Operation =>
  (x, { c }) =>
    x.ndim === 0 ? x : f(x, c.some(x.ndim), c.flag());

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  exp: element((x) => x.tanh().exp()),
  log: element((x) => x.square().add(0.5).log()),
  sin: element((x) => x.sin()),
  gelu: element((x) => A.gelu(x)),
  relu: element((x) => x.relu()),
  erf: element((x) => A.erf(x)),
  softplus: element((x) => A.softplus(x)),
  silu: element((x) => A.silu(x)),
  sqrt: element((x) => x.abs().add(0.25).sqrt()),
  clamp: element((x) => x.clamp(-0.5, 0.75)),
  whole: element((x) => x.mul(1.7).floor().mul(0.3).add(x)),
  integers: (x, { c }) =>
    x
      .mul(5)
      .cast('int32')
      .mul(c.below(5) - 2)
      .floorDivide(3)
      .cast(x.dtype),
  add: pair((x, y) => x.add(y)),
  mul: pair((x, y) => x.mul(y)),
  div: pair((x, y) => x.div(y.square().add(0.5))),
  maximum: pair((x, y) => A.maximum(x, y)),
  atan2: pair((x, y) => A.atan2(x, y.abs().add(0.1))),
  remainder: pair((x, y) => A.remainder(x, y.square().add(1))),
  where: pair((x, y) => A.where(x.gt(y), x.mul(2), y)),
  masked: pair((x, y) => x.maskedFill(y.lt(0.1), 0.5)),
  sum: folded((x, dim, keepdim) => x.sum(dim, { keepdim })),
  mean: folded((x, dim, keepdim) => x.mean(dim, { keepdim })),
  variance: folded((x, dim, keepdim) => x.var(dim, { keepdim, correction: 0 })),
  logsumexp: folded((x, dim, keepdim) => x.logsumexp(dim, { keepdim })),
  amax: folded((x, dim, keepdim) => x.amax(dim, { keepdim })),
  norm: folded((x, dim, keepdim) => x.square().add(0.1).sum(dim, { keepdim }).sqrt()),
  any: folded((x, dim, keepdim) => x.gt(0.5).any(dim[0], { keepdim }).cast(x.dtype)),
  count: folded((x, dim, keepdim) => x.gt(0).sum(dim, { keepdim }).cast(x.dtype)),
  prod: along((x, dim) => x.tanh().add(1).prod(dim)),
  max: along((x, dim) => A.max(x, dim).values),
  argmax: along((x, dim) => A.argmax(x, dim).cast(x.dtype).mul(0.1)),
  cumsum: along((x, dim) => A.cumsum(x, dim)),
  cumprod: along((x, dim) => A.cumprod(x.tanh().add(1), dim)),
  cummax: along((x, dim) => A.cummax(x, dim).values),
  softmax: along((x, dim) => x.softmax(dim)),
  logSoftmax: along((x, dim) => A.logSoftmax(x, dim)),
  sort: along((x, dim, c) => A.sort(x, dim, { descending: c.flag() }).values),
  topk: along((x, dim, c) => A.topk(x, 1 + c.below(length(x, dim)), dim).values),
  ranked: along((x, dim) => x.gather(dim, A.argsort(x.sin(), dim))),
  median: along((x, dim) => A.median(x, dim).values),
  center: along((x, dim) => x.sub(x.mean(dim, { keepdim: true }))),
  layerNorm: (x, { as }) => {
    if (x.ndim === 0) return x;
    const shape = x.shape.slice(-1);
    return A.layerNorm(x, shape, as(shape), as(shape), { eps: 0.1 });
  },
  reshape: (x, { c }) => {
    const n = size(x);
    const [p] = [2, 3, 5, 7].filter((k) => n % k === 0);
    return x.reshape(p === undefined ? [n] : c.flag() ? [p, n / p] : [n / p, 1, p]);
  },
  permute: (x, { c }) => {
    const dims = x.shape.map((_, d) => d);
    for (let i = dims.length - 1; i > 0; i--) {
      const j = c.below(i + 1);
      [dims[i], dims[j]] = [dims[j] as number, dims[i] as number];
    }
    return x.permute(dims);
  },
  flip: along((x, dim) => A.flip(x, dim)),
  roll: along((x, dim, c) => A.roll(x, c.below(5) - 2, dim)),
  narrow: along((x, dim, c) => {
    const start = c.below(length(x, dim));
    return x.narrow(dim, start, 1 + c.below(length(x, dim) - start));
  }),
  steps: along((x, _, c) => A.at(x, c.one(['::2', '::-1', '-2::2', ':']))),
  pad: along((x, _, c) => A.pad(x, [c.below(3), c.below(2)], { value: 0.5 })),
  wrapped: along((x, _, c) => (c.flag() ? A.pad(x, [1, 0], { value: -1 }) : A.tile(x, [2]))),
  cat: (x, { c, as }) => {
    if (x.ndim === 0) return x;
    const dim = dimOf(x, c);
    return A.cat([x, as(x.shape.map((n, d) => (d === dim ? 1 + c.below(3) : n))), x], dim);
  },
  stack: (x, { c, as }) => A.stack([x, as(x.shape)], c.below(x.ndim + 1)),
  expand: (x, { c }) => x.unsqueeze(0).expand([2 + c.below(2), ...x.shape]),
  tril: (x) => (x.ndim < 2 ? x : A.tril(x)),
  gather: (x, { c, index }) => {
    if (x.ndim === 0) return x;
    const dim = dimOf(x, c);
    const shape = x.shape.map((n, d) => (d === dim ? 1 + c.below(6) : n));
    return A.gather(x, dim, index(length(x, dim), shape));
  },
  indexSelect: (x, { c, index }) => {
    if (x.ndim === 0) return x;
    const dim = dimOf(x, c);
    return A.indexSelect(x, dim, index(length(x, dim), [1 + c.below(7)]));
  },
  scatterAdd: (x, { c, as, index }) => {
    if (x.ndim === 0) return x;
    const dim = dimOf(x, c);
    const shape = x.shape.map((n, d) => (d === dim ? 1 + c.below(6) : n));
    return A.scatterAdd(x, dim, index(length(x, dim), shape), as(shape));
  },
  indexAdd: (x, { c, as, index }) => {
    if (x.ndim === 0) return x;
    const dim = dimOf(x, c);
    const n = 1 + c.below(7);
    const source = as(x.shape.map((m, d) => (d === dim ? n : m)));
    return A.indexAdd(x, dim, index(length(x, dim), [n]), source);
  },
  indexPut: (x, { c, as, index }) => {
    if (x.ndim === 0) return x;
    const n = 1 + c.below(5);
    const source = as([n, ...x.shape.slice(1)]);
    return A.indexPut(x, [index(length(x, 0), [n])], source, { accumulate: true });
  },
  embedding: (x, { c, as, index }) =>
    x.add(A.embedding(index(9, [1 + c.below(4), 3]), as([9, 2])).sum()),
  searched: (x, { c, as }) =>
    A.searchsorted(A.sort(as([3 + c.below(9)]), 0).values, x)
      .cast(x.dtype)
      .mul(0.1)
      .add(x),
  matmul: (x, { c, as }) => {
    if (x.ndim === 0) return x;
    const m = length(x, x.ndim - 1);
    return x.matmul(as(c.below(4) === 0 ? [m] : [m, 1 + c.below(9)])).div(Math.sqrt(m));
  },
  gram: (x) =>
    x.ndim < 2 ? x : x.matmul(x.transpose(-1, -2)).div(Math.sqrt(length(x, x.ndim - 1))),
  outer: (x, { as }) => (x.ndim === 1 && size(x) < 40 ? A.outer(x, as([5])) : x),
  wide: (x, { c, as }) => {
    const n = 33 + c.below(60);
    const y = as([n, 17 + c.below(40)]);
    return x.add(y.t().matmul(y).div(n).tanh().mean());
  },
  conv1d: (_, site) =>
    A.conv1d(
      site.as([2, 4, 6 + site.c.below(20)]),
      site.as([6, 2, 1 + site.c.below(4)]),
      site.as([6]),
      { groups: 2, stride: 1 + site.c.below(2), padding: site.c.below(3) },
    ),
  conv2d: (_, site) =>
    A.conv2d(image(site, 3), site.as([4, 3, 1 + site.c.below(3), 2]), null, {
      stride: 1 + site.c.below(2),
      padding: 1,
      dilation: 1 + site.c.below(2),
    }),
  convTranspose2d: (_, site) =>
    A.convTranspose2d(image(site, 2), site.as([2, 3, 2, 1 + site.c.below(3)]), null, {
      stride: 1 + site.c.below(2),
    }),
  maxPool2d: (_, site) =>
    A.maxPool2d(image(site, 2), 2 + site.c.below(2), { stride: 1 + site.c.below(2), padding: 1 }),
  avgPool2d: (_, site) =>
    A.avgPool2d(image(site, 2), 2 + site.c.below(2), { stride: 1 + site.c.below(2), padding: 1 }),
  adaptive: (_, site) => A.adaptiveAvgPool2d(image(site, 2), [2, 3]),
  unfold: (_, site) => A.unfold(image(site, 2), [2, 3], { stride: 1 + site.c.below(2) }),
  interpolate: (_, site) => A.interpolate(image(site, 1), { size: [5, 7], mode: 'bilinear' }),
  groupNorm: (_, site) => A.groupNorm(image(site, 4), 2, site.as([4]), null, { eps: 0.1 }),
  attention: (_, { c, as }) => {
    const [h, n, m, d] = [1 + c.below(3), 2 + c.below(40), 2 + c.below(40), 1 + c.below(9)];
    const isCausal = n === m && c.flag();
    const q = [as([h, n, d]), as([h, m, d]), as([h, m, d])] as const;
    return A.scaledDotProductAttention(...q, c.flag() ? as([n, m]) : null, { isCausal });
  },
  solve: (_, { c, as }) => {
    const n = 2 + c.below(5);
    return A.linalg.solve(as([n, n]).add(A.eye(n).mul(9)), as([n, 3]));
  },
  cholesky: (_, { c, as }) => {
    const n = 2 + c.below(5);
    const y = as([n, n]);
    return A.linalg.cholesky(y.matmul(y.t()).add(A.eye(n).mul(3)));
  },
  fourier: along((x, dim) => {
    const { real, imag } = A.fft.rfft(x, { dim });
    return real.add(imag);
  }),
  dropout: (x) => A.dropout(x, 0.3),
  noise: (x) => x.add(A.rand(x.shape, { dtype: x.dtype === 'float64' ? 'float32' : x.dtype })),
};

/** Those whose result has the shape of their operand: for bodies of loops. */
const SAME =
  `exp log sin gelu relu softplus clamp whole add mul where maximum masked cumsum softmax sort center flip roll
  scatterAdd indexAdd ranked cummax`.split(/\s+/);

/** A few operations, one after the other. */
function body({ c, pool }: Site): (x: Tensor, y: Tensor) => Tensor {
  const names = [c.one(SAME), c.one(SAME)];
  const seed = c.below(2 ** 20);
  return (x, y) => {
    const site = siteOf(new Choices(seed), pool); // how often it is called depends on the device
    return names.reduce((z, name) => bounded((OPERATIONS[name] as Operation)(z, site)), x.add(y));
  };
}

const LOOPS: Readonly<Record<string, Operation>> = {
  scan: (x, site) => {
    const f = body(site);
    const xs = site.as([1 + site.c.below(5), ...x.shape]);
    const reverse = site.c.flag();
    const step = (h: Tensor, y: Tensor): [Tensor, Tensor] => {
      const next = f(h, y);
      return [next, next.mul(0.5).sum()];
    };
    const [h, ys] = A.scan(step, x, xs, { reverse });
    return h.add(ys.mean());
  },
  while: (x, site) => {
    const f = body(site);
    const n = site.c.below(4);
    const start: [Tensor, Tensor] = [x, A.zeros([], { dtype: 'int32' })];
    const next = ([y, k]: [Tensor, Tensor]): [Tensor, Tensor] => [f(y, y), k.add(1)];
    return A.whileLoop(([, k]: [Tensor, Tensor]) => k.lt(n), next, start, { maxIterations: 4 })[0];
  },
  cond: (x, site) => {
    const [f, g] = [body(site), body(site)];
    const branches = [(y: Tensor) => f(y, y), (y: Tensor) => g(y, y).mul(2)] as const;
    return A.cond(site.as([]).gt(0), ...branches, x);
  },
  associative: (x) =>
    x.ndim === 0 ? x : A.associativeScan((a: Tensor, b: Tensor) => a.mul(b), x.tanh().add(1)),
};

const ALL = { ...OPERATIONS, ...LOOPS };
export const NAMES = Object.keys(ALL);

/** A program: the values that it makes of its leaves. `used` is told the names of its operations. */
export function program(
  seed: number,
  steps: number,
  used: (name: string) => void = () => undefined,
): (leaves: readonly Tensor[]) => Tensor[] {
  return (leaves) => {
    const c = new Choices(seed);
    const pool = [...leaves];
    const site = siteOf(c, pool);
    for (let i = 0; i < steps; i++) {
      const name = c.one(NAMES);
      used(name);
      const x = c.flag() ? (pool.at(-1) as Tensor) : c.one(pool);
      const y = bounded((ALL[name] as Operation)(x, site));
      pool.push(size(y) > 3000 ? y.reshape([-1]).narrow(0, 0, 2000) : y);
    }
    return pool.slice(leaves.length);
  };
}
