/** @file The assumptions of a compiled function about modules: a change is noticed at the next call. */
import { describe, expect, test, vi } from 'vitest';
import { compile, isCompiling, ones, Parameter, zeros, type Tensor } from '@chainrule/autograd';
import * as nn from '../../src/index.js';

const x = ones([1, 2]);

/** Calls a compiled and a plain forward after each change; gives how often the function was recorded. */
function follow(model: nn.Module, changes: readonly (() => void)[]): number {
  let recorded = 0;
  const plain = (t: Tensor): Tensor =>
    (model as unknown as { forward(t: Tensor): Tensor }).forward(t);
  const compiled = compile((t: Tensor) => {
    recorded++;
    return plain(t);
  });
  const agree = (): void => {
    for (let time = 0; time < 2; time++) expect(compiled(x).toArray()).toEqual(plain(x).toArray());
  };
  agree();
  for (const change of changes) {
    change();
    agree();
  }
  return recorded;
}

class Branches extends nn.Module {
  readonly list = [new nn.Linear(2, 2)];
  readonly named = new nn.ModuleDict({ a: new nn.Linear(2, 2) });
  forward(t: Tensor): Tensor {
    let h = t;
    for (const layer of this.list) h = layer.forward(h);
    for (const [, layer] of this.named.entries()) h = (layer as nn.Linear).forward(h);
    return h;
  }
}

describe('a compiled function of a module', () => {
  test('notices settings of layers and of own modules', () => {
    class Scaled extends nn.Module {
      temperature = 1;
      offset: number | null = null;
      calls = 0;
      readonly norm = new nn.BatchNorm1d(2);
      readonly drop = new nn.Dropout(0);
      forward(t: Tensor): Tensor {
        this.calls++; // its own affair
        const h = this.drop.forward(this.norm.forward(t));
        return h.div(this.temperature).add(this.offset ?? 0);
      }
    }
    const model = new Scaled();
    model.norm.eval();
    const write = (module: nn.Module, settings: object): void =>
      void Object.assign(module, settings);
    const recorded = follow(model, [
      () => (model.temperature = 0.5),
      () => (model.offset = 3),
      () => write(model.norm, { eps: 1 }),
      () => write(model.drop, { p: 1 }),
    ]);
    expect(recorded).toBe(5);
  });

  test('notices hooks that come and go', () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
    const remove: (() => void)[] = [];
    const recorded = follow(model, [
      () => remove.push(model.registerForwardHook((_m, _args, out) => (out as Tensor).mul(0))),
      () =>
        remove.push(
          (model[0] as nn.Module).registerForwardPreHook((_m, [t]) => [(t as Tensor).neg()]),
        ),
      () => remove.forEach((f) => f()),
    ]);
    expect(recorded).toBe(3);
  });

  test('notices another parameter, another layer and one more', () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 2));
    const recorded = follow(model, [
      () => ((model[0] as unknown as { weight: unknown }).weight = new Parameter(zeros([2, 2]))),
      () => (model[1] = new nn.Tanh()),
      () => model.append(new nn.Linear(2, 3)),
    ]);
    expect(recorded).toBe(4);
    const other = new Branches();
    follow(other, [
      () => other.list.push(new nn.Linear(2, 2)),
      () => other.named.set('b', new nn.Linear(2, 2)),
      () => void other.list.pop(),
    ]);
  });

  test('is recorded once while nothing changes', () => {
    const model = new nn.Sequential(
      new nn.Linear(2, 2),
      new nn.BatchNorm1d(2),
      new nn.Linear(2, 2),
    );
    model.eval();
    expect(follow(model, [() => undefined, () => undefined])).toBe(1);
  });

  test('can ask whether it is being recorded', () => {
    const seen: boolean[] = [];
    const compiled = compile((t: Tensor) => {
      seen.push(isCompiling());
      return t.mul(2);
    });
    compiled(x);
    compiled(x);
    expect([...seen, isCompiling()]).toEqual([true, false]);
  });
});

test('functionalCall in a compiled function starts from the statistics at hand, and is recorded once', () => {
  const make = (): { f: (t: Tensor) => unknown; norm: nn.BatchNorm1d; recorded: () => number } => {
    const norm = new nn.BatchNorm1d(2);
    let recorded = 0;
    const f = (t: Tensor): unknown => {
      recorded++;
      const given = { weight: (norm.weight as Tensor).mul(2) };
      nn.functionalCall(norm, given, t);
      const y = nn.functionalCall(norm, given, t);
      const z = nn.functionalCall(norm, { ...given, running_mean: t.mean(0) }, t);
      return [y, z, norm.forward(t)];
    };
    return { f, norm, recorded: () => recorded };
  };
  const [plain, other] = [make(), make()];
  const compiled = compile(other.f);
  for (let k = 1; k < 5; k++) {
    const t = ones([4, 2]).cumsum(0).mul(k);
    const [want, got] = [plain.f(t), compiled(t)].map((r) =>
      (r as unknown[]).map((y) => (y as Tensor).toArray()),
    );
    expect(got).toEqual(want);
    expect(other.norm.runningMean?.toArray()).toEqual(plain.norm.runningMean?.toArray());
  }
  expect(other.recorded()).toBe(1);
});

test('a setting that changes at each call is named, once', () => {
  const said: string[] = [];
  const spy = vi.spyOn(console, 'warn').mockImplementation((text: string) => void said.push(text));
  const dropout = new nn.Dropout(0.1);
  const settings: { p: number } = dropout;
  const model = new nn.Sequential(new nn.Linear(2, 2), dropout);
  const f = compile((t: Tensor) => model.forward(t));
  for (let i = 0; i < 20; i++) {
    settings.p = i / 100;
    f(x);
  }
  spy.mockRestore();
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('Dropout.p was 0.06 and is 0.07');
});
