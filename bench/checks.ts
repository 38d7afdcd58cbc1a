/**
 * @file The cost of checking arguments and options, beside that of the calls: nanoseconds, the median of rounds.
 *
 *     npx ts-node bench/checks.ts [--calls 200000] [--rounds 15]
 *
 * The first figure of a row is that of the checks alone, as the call makes them; the second that of the whole call, which
 * builds a node and computes nothing.
 */
import { parseArgs } from 'node:util';
import { cat, clamp, enableGrad, randn, tensor, type Tensor } from '@chainrule/autograd';
import { Linear, functional } from '@chainrule/nn';
import {
  byPosition,
  checkArgument,
  defineOptions,
  kinds,
} from '../packages/autograd/src/arguments/index.js';
import { engine } from '../packages/autograd/src/engine/engine.js';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '15' },
  },
});
const calls = Number(values.calls);
const rounds = Number(values.rounds);

const x = randn([8, 16]);
const y = randn([8, 16]);
const w = randn([16, 4]);
const image = randn([1, 3, 8, 8]);
const filter = randn([4, 3, 3, 3]);
const linear = new Linear(16, 4);
const keepdim = defineOptions<{ keepdim?: boolean }>({ keepdim: kinds.flag });
const conv = defineOptions<{
  stride?: number;
  padding?: number;
  dilation?: number;
  groups?: number;
}>({
  ...{ stride: kinds.count, padding: kinds.size, dilation: kinds.count, groups: kinds.count },
});
const clampOptions = byPosition(
  defineOptions<{ min?: unknown; max?: unknown }>({
    min: kinds.orNull(kinds.operand),
    max: kinds.orNull(kinds.operand),
  }),
  'min',
  'max',
);
const eps = defineOptions<{ eps?: number }>({ eps: kinds.nonNegative });
const smoothing = defineOptions<{ labelSmoothing?: number; reduction?: string }>({
  labelSmoothing: kinds.fraction,
  reduction: kinds.oneOf('mean', 'sum', 'none'),
});
const sizes = kinds.listOf(kinds.size);
const operands = kinds.listOf(kinds.operand);
const shape = [16, 8];
const last = [16];
const pair = [x, y];
const target = tensor([0, 1, 2, 3, 4, 5, 6, 7], { dtype: 'int32' });
const isDim = (dim: unknown): void => void checkArgument('sum', 'dim', dim, kinds.dim);
const isOperand = (value: unknown): void =>
  void checkArgument('add', 'other', value, kinds.operand);

/** The median nanoseconds of a call. */
function cost(f: (i: number) => unknown, count: number): number {
  const times: number[] = [];
  let last: unknown;
  for (let round = 0; round < rounds + 5; round++) {
    const start = performance.now();
    for (let i = 0; i < count; i++) last = f(i);
    times.push((1e6 * (performance.now() - start)) / count);
  }
  if (last === sink) throw new Error('never');
  return times.slice(5).sort((p, q) => p - q)[Math.floor(rounds / 2)] as number;
}
const sink = Symbol('nothing gives this');

const rows: Record<string, { 'ns of checks': number; 'ns a call': number }> = {};
function row(name: string, checks: (i: number) => unknown, call: (i: number) => unknown): void {
  const empty = cost((i) => i, calls);
  const alone = cost(checks, calls) - empty;
  rows[name] = {
    'ns of checks': Math.round(alone * 10) / 10,
    'ns a call': Math.round(cost(call, Math.ceil(calls / 20)) - empty),
  };
}

// The results are dropped immediately: nothing runs.
engine.building++;
enableGrad(() => {
  row(
    'x.add(y)',
    () => isOperand(y),
    () => x.add(y),
  );
  row(
    'x.add(1)',
    (i) => isOperand(i),
    () => x.add(1),
  );
  row(
    'x.sum()',
    () => keepdim('sum', undefined),
    () => x.sum(),
  );
  row(
    'x.sum(1, { keepdim: true })',
    () => {
      isDim(1);
      return keepdim('sum', { keepdim: true });
    },
    () => x.sum(1, { keepdim: true }),
  );
  row(
    'x.matmul(w)',
    () => checkArgument('matmul', 'other', w, kinds.tensor),
    () => x.matmul(w),
  );
  row(
    'linear.forward(x)',
    () => checkArgument('Linear', 'input', x, kinds.tensor),
    (): Tensor => linear.forward(x),
  );
  row(
    'conv2d(image, filter, { stride, padding })',
    () => {
      checkArgument('conv2d', 'x', image, kinds.tensor);
      checkArgument('conv2d', 'weight', filter, kinds.tensor);
      return conv('conv2d', { stride: 1, padding: 1 });
    },
    () => functional.conv2d(image, filter, { stride: 1, padding: 1 }),
  );
  row(
    'x.softmax(1)',
    () => isDim(1),
    () => x.softmax(1),
  );
  row(
    'x.reshape([16, 8])',
    () => checkArgument('reshape', 'shape', shape, sizes),
    () => x.reshape(shape),
  );
  row(
    'cat([x, y], 1)',
    () => {
      isDim(1);
      return checkArgument('cat', 'tensors', pair, operands);
    },
    () => cat(pair, 1),
  );
  row(
    'clamp(x, 0, 1)',
    () => clampOptions('clamp', 0, 1, undefined),
    () => clamp(x, 0, 1),
  );
  row(
    'layerNorm(x, [16], { eps })',
    () => {
      checkArgument('layerNorm', 'normalizedShape', last, sizes);
      return eps('layerNorm', { eps: 1e-5 });
    },
    () => functional.layerNorm(x, last, { eps: 1e-5 }),
  );
  row(
    'crossEntropy(x, target, { labelSmoothing })',
    () => {
      checkArgument('crossEntropy', 'input', x, kinds.tensor);
      checkArgument('crossEntropy', 'target', target, kinds.tensor);
      return smoothing('crossEntropy', { labelSmoothing: 0.1 });
    },
    () => functional.crossEntropy(x, target, { labelSmoothing: 0.1 }),
  );
});
engine.building--;
console.table(rows);
