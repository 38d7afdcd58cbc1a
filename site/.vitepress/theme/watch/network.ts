/** @file A network of seven neurons made of single numbers, so that every number and every derivative can be shown. */
import {
  graph,
  grad,
  manualSeed,
  noGrad,
  Parameter,
  scope,
  tensor,
  type Tensor,
} from '@chainrule/autograd';

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly label: 0 | 1;
}

/** A number with its derivative, once the backward pass has been there. */
export interface Shown {
  readonly value: number | null;
  readonly gradient: number | null;
}

const HIDDEN = 4;

function named(name: string, value: number): Parameter {
  const parameter = new Parameter(tensor(value));
  parameter.label = name;
  return parameter;
}

/** A small generator of its own: the network begins the same each time. */
function draws(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

export class Network {
  readonly hidden: { w: [Parameter, Parameter]; b: Parameter }[];
  readonly out: { w: Parameter[]; b: Parameter };
  /** The nodes of the last forward pass, by the names that the picture uses. */
  nodes = new Map<string, Tensor>();
  loss: Tensor | null = null;

  constructor(seed = 7) {
    manualSeed(seed);
    const next = draws(seed * 1000 + 1);
    const weight = (): number => (next() - 0.5) * 2.4;
    this.hidden = Array.from({ length: HIDDEN }, (_, j) => ({
      w: [named(`w${j + 1}1`, weight()), named(`w${j + 1}2`, weight())],
      b: named(`b${j + 1}`, 0),
    }));
    this.out = { w: this.hidden.map((_, j) => named(`v${j + 1}`, weight())), b: named('c', 0) };
  }

  parameters(): Parameter[] {
    return [...this.hidden.flatMap(({ w, b }) => [...w, b]), ...this.out.w, this.out.b];
  }

  /** The prediction for a point: near 1 for orange, near −1 for blue. */
  private predict(x: Tensor, y: Tensor, keep: boolean): Tensor {
    const kept = (name: string, t: Tensor): Tensor => {
      if (keep) {
        if (t.requiresGrad) t.retainGrad();
        this.nodes.set(name, t);
      }
      return t;
    };
    const hidden = this.hidden.map(({ w, b }, j) =>
      scope(`neuron ${j + 1}`, () => {
        const z = kept(`z${j + 1}`, w[0].mul(x).add(w[1].mul(y)).add(b));
        return kept(`h${j + 1}`, z.tanh());
      }),
    );
    return scope('output', () => {
      const sum = hidden.reduce(
        (s: Tensor, h, j) => s.add((this.out.w[j] as Tensor).mul(h)),
        this.out.b,
      );
      return kept('o', kept('zo', sum).tanh());
    });
  }

  forward(point: Point): void {
    this.nodes = new Map();
    const [x, y] = [tensor(point.x), tensor(point.y)];
    this.nodes.set('x', x).set('y', y);
    this.loss = null;
    this.predict(x, y, true).item();
  }

  /** The error: the square of what the prediction misses. */
  error(point: Point): void {
    const o = this.nodes.get('o') as Tensor;
    this.loss = scope('error', () => o.sub(point.label === 1 ? 1 : -1).square());
    this.loss.item();
  }

  backward(): void {
    for (const p of this.parameters()) p.grad = null;
    this.loss?.backward(null, { retainGraph: true });
  }

  update(rate: number): void {
    noGrad(() => {
      for (const p of this.parameters()) {
        if (p.grad !== null) p.assign(p.sub(p.grad.mul(rate)));
        p.item();
      }
    });
  }

  /** One pass over all points, without showing what happens in between. Gives the mean error. */
  epoch(points: readonly Point[], rate: number): number {
    const parameters = this.parameters();
    const [x, y, t] = [
      tensor(points.map((p) => p.x)),
      tensor(points.map((p) => p.y)),
      tensor(points.map((p) => (p.label === 1 ? 1 : -1))),
    ];
    const loss = this.predict(x, y, false).sub(t).square().mean();
    const gradients = grad(loss, parameters);
    noGrad(() =>
      parameters.forEach((p, i) => {
        p.assign(p.sub((gradients[i] as Tensor).mul(rate)));
        p.item();
      }),
    );
    return loss.item();
  }

  /** Predictions on a grid over the square, for the picture behind the points. */
  field(size: number): Float32Array {
    const at = Array.from(
      { length: size * size },
      (_, i) => [i % size, Math.floor(i / size)] as const,
    );
    const place = (i: number): number => ((i + 0.5) / size) * 2 - 1;
    return noGrad(() =>
      this.predict(
        tensor(at.map(([i]) => place(i))),
        tensor(at.map(([, j]) => -place(j))),
        false,
      ).dataSync(),
    ) as Float32Array;
  }

  shown(name: string): Shown {
    const node =
      this.nodes.get(name) ??
      (name === 'loss' ? this.loss : this.parameters().find(({ label }) => label === name)) ??
      null;
    if (node === null) return { value: null, gradient: null };
    const value = Number(node.item());
    return { value, gradient: node.requiresGrad ? (node.grad?.item() ?? null) : null };
  }

  /** Every operation behind the last error, with its numbers. */
  picture(): string {
    const root = this.loss ?? this.nodes.get('o');
    return root === undefined || root === null ? '' : graph(root).toSVG();
  }
}
