/** @file An optimizer whose steps use the gradients of all ranks. */
import { noGrad, Tensor, type Parameter } from '@chainrule/autograd';
import { hashBits } from './agreement.js';
import type { Communicator } from './communicator.js';
import type { Averager } from './gradients.js';
import { allReduce } from './operations.js';

/** The interface of an optimizer: those of `@chainrule/optim`, and others like them. */
export interface OptimizerLike {
  /** The groups of parameters, whose gradients are averaged before each step. */
  readonly paramGroups: readonly { readonly params: readonly Parameter[] }[];
  /** Takes a step with the gradients, or with those that `closure` computes; it returns the loss. */
  step(closure?: () => unknown): unknown;
  /** The state: tensors and plain values. */
  stateDict(): unknown;
  /** Restores a state. */
  loadStateDict(state: never): unknown;
}

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor;

/** All parameters of an optimizer, including those of groups that were added later. */
export function parametersOf({ paramGroups }: OptimizerLike): Parameter[] {
  return paramGroups.flatMap(({ params }) => params);
}

/**
 * The optimizer itself in all respects, except that `step()` averages the gradients first, and that its state is compared
 * between ranks, now and after `loadStateDict`.
 */
export function distributedOptimizer<O extends OptimizerLike>(
  world: Communicator,
  optimizer: O,
  averagerOf: (parameters: readonly Parameter[]) => Averager | null,
): O {
  const average = (): void => averagerOf(parametersOf(optimizer))?.average();
  const step = (closure?: () => unknown): unknown => {
    if (closure === undefined) {
      average();
      return optimizer.step();
    }
    return optimizer.step(() => {
      const loss = closure();
      average();
      // A line search depends on the loss, which must be the same on all ranks.
      return isTensor(loss) && averagerOf(parametersOf(optimizer)) !== null
        ? noGrad(() => allReduce(loss.detach(), { op: 'mean' }))
        : loss;
    });
  };
  const loadStateDict = (state: never): unknown => {
    const result = optimizer.loadStateDict(state);
    compareState(world, optimizer);
    return result;
  };
  compareState(world, optimizer);
  const own: Readonly<Record<string | symbol, unknown>> = { step, loadStateDict };
  return new Proxy(optimizer, {
    get(target, key) {
      if (Object.hasOwn(own, key)) return own[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}

/** Checks that all ranks start with the same parameters, learning rates, step counts and averages. */
function compareState(world: Communicator, optimizer: OptimizerLike): void {
  const lines: string[] = [];
  const state: unknown = optimizer.stateDict();
  const hash = hashOfState(state, '', lines, 0);
  world.agreement.meet({ what: ['optimizer', ...partsOf(optimizer), ...lines].join('\n') });
  world.agreement.meet({
    what: 'state of an optimizer',
    hash: { value: hash, of: 'the states of the optimizer' },
  });
  const parameters = parametersOf(optimizer).reduce((h, p) => hashBits(p.dataSync(), h), 0);
  world.agreement.meet({
    what: 'parameters of an optimizer',
    hash: { value: parameters, of: 'the parameters' },
  });
}

function partsOf(optimizer: OptimizerLike): string[] {
  return parametersOf(optimizer).map(
    ({ label, dtype, shape }, i) => `${label || `parameter ${i}`} ${dtype} [${shape.join(', ')}]`,
  );
}

/**
 * Collects plain values and small tensors of a state as lines, so that errors can show them, and hashes all bits.
 */
function hashOfState(x: unknown, path: string, lines: string[], hash: number): number {
  if (isTensor(x)) {
    const data = x.dataSync();
    lines.push(`${path} ${x.size === 1 ? String(data[0]) : `[${x.shape.join(', ')}]`}`);
    return hashBits(data, hash);
  }
  if (typeof x !== 'object' || x === null) {
    lines.push(`${path} ${String(x)}`);
    return hash;
  }
  return Object.entries(x).reduce(
    (h, [key, value]) => hashOfState(value, path === '' ? key : `${path}.${key}`, lines, h),
    hash,
  );
}
