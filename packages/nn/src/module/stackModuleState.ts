/** @file The state of several equal modules, stacked: an ensemble that `vmap` runs at once. */
import {
  ChainruleError,
  checkArgument,
  kinds,
  Parameter,
  ShapeError,
  stack,
  type Tensor,
} from '@chainrule/autograd';
import type { Module } from './module.js';
import { isModule } from './slots.js';

const modulesKind = kinds.listOf(kinds.kind<Module>('be a module', isModule));

/** The tensors of a module. */
type Named = readonly (readonly [name: string, tensor: Tensor])[];

/**
 * The parameters and the buffers of modules of the same structure, stacked along a new first dimension, by name: what
 * `functionalCall` takes under `vmap`.
 *
 * The parameters are new ones, which an optimizer can train; those of the modules stay. PyTorch: `torch.func.stack_module_state`.
 *
 * @throws {ChainruleError} for no modules, or modules of different classes or modes. @throws {ShapeError} if their names or
 * shapes differ.
 * @example
 * const nets = [0, 1, 2].map(() => new nn.Linear(4, 2));
 * const [parameters, buffers] = nn.stackModuleState(nets);
 * const call = (ps, bs, x) => nn.functionalCall(nets[0], [ps, bs], x);
 * vmap(call, [0, 0, null])(parameters, buffers, ones([5, 4])).shape // [3, 5, 2]
 */
export function stackModuleState(
  modules: readonly Module[],
): [parameters: Record<string, Parameter>, buffers: Record<string, Tensor>] {
  checkArgument('stackModuleState', 'modules', modules, modulesKind);
  const [first] = modules;
  if (first === undefined) throw new ChainruleError('stackModuleState: there are no modules');
  const kindOf = ({ constructor, training }: Module): string =>
    `a ${constructor.name} ${training ? 'in training' : 'in evaluation'}`;
  for (const module of modules)
    if (kindOf(module) !== kindOf(first)) {
      throw new ChainruleError(
        `stackModuleState: all modules must be alike; there are ${kindOf(first)} and ${kindOf(module)}`,
      );
    }
  const parameters = stacked(modules.map((module) => module.namedParameters()));
  return [
    Object.fromEntries(
      first.namedParameters().map(([name, { requiresGrad }]) => {
        return [name, new Parameter(parameters[name] as Tensor, { requiresGrad })];
      }),
    ),
    stacked(modules.map((module) => module.namedBuffers())),
  ];
}

function stacked(states: readonly Named[]): Record<string, Tensor> {
  const [first = []] = states;
  return Object.fromEntries(
    first.map(([name], at) => {
      const all = states.map((state, k) => {
        if (shown(state) !== shown(first)) {
          throw new ShapeError(
            `stackModuleState: module ${k} has ${shown(state)}, module 0 has ${shown(first)}`,
          );
        }
        return (state[at] as Named[0])[1].detach();
      });
      return [name, stack(all)];
    }),
  );
}

const shown = (state: Named): string =>
  state.map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).join(', ') || 'nothing';
