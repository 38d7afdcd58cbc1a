/** @file Recorded graphs, as exporters receive them. */
import { primitives } from '@chainrule/autograd/internal';
import {
  cell,
  checkpoint,
  compile,
  cond,
  dropout,
  layerNorm,
  manualSeed,
  getRngState,
  noGrad,
  Parameter,
  relu,
  rand,
  scalar,
  scan,
  scope,
  softmax,
  tensor,
  whileLoop,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import {
  elementNames,
  familyNames,
  plainNames,
  recordGraph,
  region,
  type GraphNode,
  type OperationNode,
  type RecordedGraph,
} from '@chainrule/autograd/graph';
import { describe, expect, it } from 'vitest';
import { aliasNames } from '../../src/recorder/attributes.js';

const isOperation = (node: GraphNode): node is OperationNode => node.kind === 'operation';
const ops = (g: RecordedGraph): string[] => g.nodes.filter(isOperation).map(({ op }) => op);

describe('recordGraph', () => {
  it('gives nodes in order, with shapes, dtypes, attributes and paths', () => {
    const w = new Parameter(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    const g = noGrad(() =>
      recordGraph(
        (x: Tensor, { scale }: { scale: number }) =>
          scope('first', () => ({ y: x.matmul(w.t()).mul(scale).sum(1) })),
        [zeros([4, 2]), { scale: 2 }],
        { names: ['x', 'options'], modules: { namedParameters: () => [['w', w]] } },
      ),
    );
    expect(g.arguments.map(({ name, dtype, isNumber }) => [name, dtype, isNumber])).toEqual([
      ['x', 'float32', false],
      ['options.scale', 'float64', true],
    ]);
    expect(g.states.map(({ key, kind, next }) => [key, kind, next])).toEqual([
      ['w', 'parameter', null],
    ]);
    expect(ops(g)).toEqual(['permute', 'matmul', 'cast', 'mul', 'sum']);
    const sum = g.outputs[0]?.node as OperationNode;
    expect(g.outputs[0]?.name).toBe('y');
    expect(sum.path).toBe('first');
    expect(sum.op === 'sum' && sum.attributes).toEqual({ dims: [1], keepdim: false });
    expect(sum.madeAt).toMatch(/recordGraph\.test\.ts:\d+/);
    g.nodes.forEach((node, i) => {
      expect(node.index).toBe(i);
      for (const x of node.inputs) expect(x.index).toBeLessThan(i);
    });
    expect(g.rebuild(['there'])).toEqual({ y: 'there' });
  });

  it('leaves cells, gradients and the random generator as they were', () => {
    manualSeed(3);
    const w = new Parameter(tensor([1, 2]));
    const count = cell(scalar(0));
    const before = getRngState();
    const g = recordGraph(
      (x: Tensor) => {
        const loss = dropout(w.mul(x), 0.5).sum();
        loss.backward();
        count.assign(count.add(1));
        noGrad(() => w.assign(w.sub((w.grad as Tensor).mul(0.1))));
        return loss;
      },
      [tensor([1, 1])],
    );
    expect(getRngState()).toEqual(before);
    expect(g.random).toEqual({ seed: 3, offset: 0, draws: 1 });
    expect(count.item()).toBe(0);
    expect(w.toArray()).toEqual([1, 2]);
    expect(w.grad).toBeNull();
    expect(
      g.states.map(({ key, kind, input, next }) => [key, kind, input === null, next === null]),
    ).toEqual([
      ['state.0', 'parameter', false, false],
      ['state.1', 'cell', false, false],
    ]);
    expect(g.gradients.map(({ state, node }) => [state.key, node.shape])).toEqual([
      ['state.0', [2]],
    ]);
    expect(g.nodes.filter(({ kind }) => kind === 'seed' || kind === 'offset')).toHaveLength(2);
  });

  it('has no nodes for aliases, and one for what is to be computed again', () => {
    const w = new Parameter(tensor([1, 2]));
    const g = recordGraph(
      (x: Tensor) => {
        const loss = checkpoint((y: Tensor) => y.mul(w).exp(), x.clone().detach()).sum();
        loss.backward();
        return w.grad;
      },
      [tensor([1, 1])],
    );
    expect(ops(g).filter((op) => (aliasNames as readonly string[]).includes(op))).toEqual([]);
    expect(ops(g)).toContain('recompute');
  });

  it('marks composites as regions, with arguments, inputs and outputs', () => {
    const a = new Parameter(tensor([1, 1, 1]));
    const g = noGrad(() =>
      recordGraph(
        (x: Tensor) => relu(layerNorm(softmax(x, 1), [3], a, null, { eps: 1e-3 })),
        [zeros([2, 3])],
        { modules: { namedParameters: () => [['a', a]] } },
      ),
    );
    const [first, second] = g.regions;
    expect(g.regions.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['softmax', 'layerNorm']),
    );
    expect(first?.name).toBe('softmax');
    expect(first?.args).toEqual([g.arguments[0], 1]);
    expect(first?.outputs).toEqual([first?.result]);
    expect(second?.name).toBe('layerNorm');
    expect(second?.args).toEqual([first?.result, [3], g.states[0]?.input, null, { eps: 1e-3 }]);
    expect(second?.inputs).toEqual(expect.arrayContaining([first?.result]));
    expect(first?.nodes.some((node) => second?.nodes.includes(node))).toBe(false);
    expect((g.outputs[0]?.node as OperationNode).op).toBe('relu');
  });

  it('marks what users mark, regions within regions', () => {
    const g = recordGraph(
      (x: Tensor) =>
        region(
          'swish',
          [x],
          () => region('gate', [x], () => x.sigmoid()).mul(x),
          () => ({ beta: 1 }),
        ),
      [zeros([2])],
    );
    expect(
      g.regions.map(({ name, parent, attributes }) => [name, parent?.name, attributes]),
    ).toEqual([
      ['swish', undefined, { beta: 1 }],
      ['gate', 'swish', {}],
    ]);
    expect(region('plain', [], () => 3)).toBe(3);
  });

  it('has loops with bodies', () => {
    const w = new Parameter(tensor([[0.5]]));
    const g = recordGraph(
      (xs: Tensor) => {
        const [h, ys] = scan(
          (h: Tensor, x: Tensor) => {
            const next = h
              .matmul(w)
              .add(x)
              .add(rand([1, 1]))
              .tanh();
            return [next, next.mul(2)];
          },
          zeros([1, 1]),
          xs,
          { reverse: true },
        );
        return { h, ys };
      },
      [zeros([5, 1, 1])],
    );
    const loop = g.nodes.find(({ kind }) => kind === 'loop');
    if (loop?.kind !== 'loop') throw new Error('no loop');
    expect([loop.op, loop.loop, loop.length, loop.reverse]).toEqual(['scan', 'scan', 5, true]);
    const [body] = loop.bodies;
    // The carry and the result; what the way back reads comes after them.
    expect(body?.outputs.slice(0, 2).map(({ shape }) => shape)).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(new Set(body?.nodes.map(({ kind }) => kind))).toEqual(
      new Set(['carry', 'element', 'outer', 'offset', 'number', 'operation']),
    );
    const outer = body?.nodes.flatMap((node) => (node.kind === 'outer' ? [node.from.kind] : []));
    expect(outer).toContain('state');
    expect(g.random.draws).toBe(5);
    expect(body?.draws).toBe(1);
    expect(g.outputs.map(({ name, node }) => [name, node.kind, node.shape])).toEqual([
      ['h', 'result', [1, 1]],
      ['ys', 'result', [5, 1, 1]],
    ]);
  });

  it('has loops with conditions, and branches', () => {
    const g = recordGraph(
      (x: Tensor) => [
        whileLoop(
          (y: Tensor) => y.sum().lt(100),
          (y: Tensor) => y.mul(2),
          x,
        ),
        cond(
          x.sum().gt(0),
          (y: Tensor) => y.exp(),
          (y: Tensor) => y.neg(),
          x,
        ),
      ],
      [zeros([3])],
    );
    const loops = g.nodes.flatMap((node) => (node.kind === 'loop' ? [node] : []));
    expect(loops.map(({ op, loop, bodies }) => [op, loop, bodies.length])).toEqual([
      ['whileLoop', 'while', 1],
      ['cond', 'branch', 2],
    ]);
    for (const { condition } of loops) expect(condition?.shape).toEqual([]);
    const [no, yes] = loops[1]?.bodies ?? [];
    expect((no?.outputs[0] as OperationNode).op).toBe('neg');
    expect((yes?.outputs[0] as OperationNode).op).toBe('exp');
  });

  it('calls compiled functions as they were written', () => {
    const f = compile((x: Tensor) => x.exp());
    expect(ops(recordGraph((x: Tensor) => f(x).neg(), [zeros([2])]))).toEqual(['exp', 'neg']);
  });

  it('gives arguments and tensors from outside as results', () => {
    const outside = tensor([1, 2, 3]);
    const g = recordGraph((x: Tensor) => [x, outside], [zeros([2])]);
    expect(g.outputs.map(({ name, node }) => [name, node.kind])).toEqual([
      ['[0]', 'argument'],
      ['[1]', 'data'],
    ]);
    const { node } = g.outputs[1] as { node: GraphNode };
    expect(node.kind === 'data' && Array.from(node.data())).toEqual([1, 2, 3]);
  });

  it('refuses functions that read values, with the name of what was called', () => {
    const reads = (x: Tensor): Tensor => (x.sum().item() > 0 ? x : x.neg());
    expect(() => recordGraph(reads, [zeros([2])], { caller: 'exportThing' })).toThrow(
      /item: values cannot be read inside a function that exportThing records/,
    );
    expect(() => recordGraph((x: Tensor) => x.nonzero(), [zeros([2])])).toThrow(/recordGraph/);
    expect(() => recordGraph(async () => Promise.resolve(1), [])).toThrow(
      /recordGraph: the function returned a promise/,
    );
    expect(() => recordGraph((x: Tensor) => x, zeros([2]) as never)).toThrow(/as an array/);
    expect(() => compile(() => recordGraph((x: Tensor) => x, [zeros([2])]).nodes.length)()).toThrow(
      /cannot be called inside a function that compile records/,
    );
    expect(zeros([2]).add(1).toArray()).toEqual([1, 1]); // the engine is usable
  });
});

describe('OperationAttributes', () => {
  it('names every primitive there is, and no other', async () => {
    await import('@chainrule/nn');
    const { readFileSync } = await import('node:fs');
    const source = readFileSync(
      new URL('../../src/recorder/attributes.ts', import.meta.url),
      'utf8',
    );
    const table = source.slice(source.indexOf('interface ConfiguredOperations'));
    const configured = [...table.slice(0, table.indexOf('\n}')).matchAll(/^ {2}(\w+): /gm)].map(
      ([, name]) => name as string,
    );
    const leaves = ['constant', 'counter', 'placeholder', 'loop', 'loopResult'];
    // The engine makes them of slices and pads when it runs a graph, never in a recording.
    const moving = ['sliceAt', 'padAt'];
    const known = [
      ...elementNames,
      ...plainNames,
      ...familyNames,
      ...configured,
      ...aliasNames,
      ...leaves,
      ...moving,
    ];
    expect(known.sort()).toEqual(primitives.map(({ name }) => name).sort());
  });

  it('has the element functions alone among those', () => {
    const elements = primitives.filter(
      ({ lowering, name }) =>
        lowering.kind === 'element' && !['cast', 'assertBetween'].includes(name),
    );
    expect([...elementNames].sort()).toEqual(elements.map(({ name }) => name).sort());
  });
});
