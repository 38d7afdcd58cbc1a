/** @file Graphs, explanations and the search for NaN. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  detectAnomaly,
  explain,
  graph,
  ones,
  polygamma,
  Parameter,
  scalar,
  scope,
  setDebug,
  tensor,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { programsOf } from './engine/planning/planning.js';

afterEach(() => setDebug(0));

function loss(name = 'net.hidden'): Tensor {
  const w = new Parameter(zeros([2, 3]));
  const h = scope(name, () => ones([4, 2]).matmul(w));
  return scope('loss', () => h.relu().mul(0.5).sum());
}

describe('graph', () => {
  it('has the operations, their shapes and scopes, and numbers in labels', () => {
    const { nodes, edges } = graph(loss());
    expect(nodes.map((n) => `${n.scope}: ${n.label} ${n.shape.join('×')}`)).toEqual([
      'net.hidden: Parameter 2×3',
      'net.hidden: matmul 1 4×3',
      'loss: relu 4×3',
      'loss: mul 0.5 4×3',
      'loss: sum ',
    ]);
    expect(edges.length).toBe(4);
    for (const { from, to } of edges) expect(from).toBeLessThan(to);
  });

  it('calls the shape of a single number scalar in text', () => {
    const g = graph(loss());
    for (const text of [g.toDot(), g.toMermaid(), g.toSVG()]) {
      expect(text).toContain('scalar');
      expect(text).not.toContain('[]');
    }
  });

  it('has the backward pass on request', () => {
    const { nodes } = graph(loss(), { backward: true });
    const back = nodes.filter((n) => n.backward);
    expect(back.some((n) => n.label.startsWith('matmul') && n.shape.join() === '2,3')).toBe(true);
    expect(back.find((n) => n.label.startsWith('matmul'))?.scope).toBe('net.hidden');
  });

  it('draws every node, without letting a label out of its place', () => {
    const name = '<script>alert("1")</script>\u001b[31m]; x -> y {"';
    const g = graph(loss(name));
    const svg = g.toSVG();
    expect(svg.match(/<rect/g)?.length).toBeGreaterThanOrEqual(g.nodes.length);
    expect(svg).not.toContain('<script>');
    expect(svg).not.toContain('\u001b');
    expect(g.toDot()).not.toMatch(/[^\\]"\];? x -> y/);
    expect(g.toDot()).toContain('\\"1\\"');
    const mermaid = g.toMermaid();
    expect(mermaid).not.toContain('<script>');
    for (const line of mermaid.split('\n')) expect((line.match(/"/g) ?? []).length % 2).toBe(0);
  });

  it('is a picture of finite numbers for an empty graph too', () => {
    expect(graph(tensor([1])).toSVG()).not.toMatch(/NaN|Infinity/);
  });
});

describe('explain', () => {
  it('shows the program without running it', () => {
    const y = tensor([1, 2]).mul(3).sum();
    expect(explain(y)).toMatch(/^float32\[\]: 2 operations/);
    expect(explain(y)).toMatch(/= mul .*\n.*= sum /);
    y.item();
    expect(explain(y)).toContain('nothing');
    expect(explain(scalar(2))).toContain('nothing');
  });

  it('changes nothing: a plan that dropped a value drops it still', () => {
    const x = tensor([1, 2, 3]);
    const doubled = x.mul(2);
    doubled.sum().item();
    const results = (): number | undefined =>
      programsOf(() => x.mul(2).sum().item())[0]?.program.outputs.length;
    expect(explain(doubled.add(1))).toBe(explain(doubled.add(1)));
    expect(results()).toBe(1);
    expect(doubled.add(1).toArray()).toEqual([3, 5, 7]); // computed once more, and kept from then on
    expect(results()).toBe(2);
  });
});

describe('detectAnomaly', () => {
  it('names the first operation that gave NaN, its place, and the line', () => {
    const x = tensor([1, -1, 2], { requiresGrad: true });
    expect(() => detectAnomaly(() => scope('net', () => x.log().mul(2).sum()))).toThrow(
      /log gave NaN at \[1\] of \[3\], from -1 \(in net.*debug\.test\.ts/s,
    );
    expect(x.log().sum().item()).toBeNaN(); // off again
  });

  it('finds an infinite derivative in the backward pass', () => {
    const x = tensor([0], { requiresGrad: true });
    expect(() => detectAnomaly(() => x.sqrt().sum().backward())).toThrow(/gave Infinity/);
    expect(x.grad).toBe(null);
    x.mul(2).sum().backward();
    expect(x.grad?.item()).toBe(2);
  });

  it('lets a mask of -Infinity pass', () => {
    const x = tensor([1, 2]);
    expect(
      detectAnomaly(() =>
        x
          .maskedFill(tensor([true, false]), -Infinity)
          .exp()
          .sum(),
      ).item(),
    ).toBeCloseTo(Math.exp(2), 4);
  });
});

it('refuses a debug level that does not exist', () => {
  expect(() => setDebug(7)).toThrow('level must be one of 0, 1, 2, 3');
});

describe('a line that asks for another structure each time', () => {
  const told = (f: (i: number) => void, times = 6): string[] => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    setDebug(1);
    try {
      for (let i = 0; i < times; i++) f(i);
      return log.mock.calls.map(String);
    } finally {
      setDebug(0);
      log.mockRestore();
    }
  };

  it('is named, with what differs', () => {
    const [sizes, ...more] = told((i) =>
      ones([400 + i])
        .mul(3)
        .exp()
        .dataSync(),
    );
    expect(sizes).toMatch(/^chainrule: 4 new structures so far, at .*debug\.test\.ts/);
    expect(sizes).toMatch(/has shape \[403\] instead of \[402\]/);
    expect(more).toEqual([]);
    const x = tensor(new Float32Array(600));
    const [orders] = told((i) =>
      polygamma(i + 1, x)
        .mul(4)
        .exp()
        .dataSync(),
    );
    expect(orders).toMatch(/in the last, polygamma has .*"order":4.* instead of .*"order":3/);
    const [deeper] = told((i) => {
      let y = x.mul(5);
      for (let k = 0; k < i; k++) y = y.tanh();
      y.dataSync();
    });
    expect(deeper).toMatch(/there are 6 operations and inputs instead of 5/);
  });

  it('is not named where plans are found', () => {
    const table = tensor(new Float32Array(600), { shape: [2, 300] });
    expect(told((i) => table.narrow(1, i, 150).mul(4).exp().dataSync(), 10)).toEqual([]);
    const x = ones([700]);
    expect(
      told(
        (i) =>
          x
            .mul(6 + i)
            .exp()
            .dataSync(),
        10,
      ),
    ).toEqual([]);
  });
});
