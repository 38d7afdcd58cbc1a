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
 * @throws {ChainruleError} for no modules, for modules of different names, classes or modes. @throws {ShapeError} if shapes
 * differ.
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
  modules.forEach((module, k) => {
    if (module.constructor !== first.constructor || module.training !== first.training) {
      const described = ({ constructor, training }: Module): string =>
        `a ${constructor.name} ${training ? 'in training' : 'in evaluation'}`;
      throw new ChainruleError(
        `stackModuleState: all modules must be of the same class and in the same mode; module 0 is ${described(first)}, ` +
          `module ${k} ${described(module)}`,
      );
    }
  });
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
    first.map(([name, tensor], at) => {
      const all = states.map((state, k) => {
        const [other, one] = state[at] ?? ['nothing', tensor];
        if (other !== name || state.length !== first.length) {
          throw new ChainruleError(
            `stackModuleState: module ${k} has ${state.map(([n]) => n).join(', ') || 'nothing'} where module 0 has ` +
              first.map(([n]) => n).join(', '),
          );
        }
        if (String(one.shape) !== String(tensor.shape)) {
          throw new ShapeError(
            `stackModuleState: ${name} is [${one.shape.join(', ')}] in module ${k} and [${tensor.shape.join(', ')}] in module 0`,
          );
        }
        return one.detach();
      });
      return [name, stack(all)];
    }),
  );
}
