/** @file A module as a function of its parameters. */
import {
  checkArgument,
  display,
  kinds,
  cell,
  passingCells,
  ChainruleError,
  withoutCompile,
  type Cell,
  type Tensor,
} from '@chainrule/autograd';
import type { Module } from './module.js';
import { buffersOf, isModule, parametersOf, standIns, walkSlots, type Slot } from './slots.js';
import { entriesOf, type StateDict } from './state.js';

/**
 * Runs `module.forward(...args)` with other tensors in place of parameters and buffers, by their names; the rest stay.
 * `tensors` is an object or a Map, or a list of them, such as those that `stackModuleState` gives.
 *
 * Gradients, jvps and vmap go through the given tensors, so `grad((ws) => loss(functionalCall(net, ws, x)))` is the
 * gradient with respect to all weights. A shared parameter is replaced wherever it is held. Statistics that the call
 * updates go to copies: the module's own do not change. PyTorch: `torch.func.functional_call`.
 *
 * @throws {ChainruleError} for a name that the module does not have, or that stands in several objects of the list.
 * @example functionalCall(net, { 'out.weight': w, 'out.bias': b }, x)
 */
export function functionalCall<M extends Module>(
  module: M,
  tensors: StateDict | readonly StateDict[],
  ...args: Parameters<M['forward']>
): ReturnType<M['forward']> {
  if (!isModule(module)) {
    throw new ChainruleError(`functionalCall: expected a module, got ${display(module)}`);
  }
  const parameters = walkSlots(module, parametersOf, { once: false });
  const buffers = walkSlots(module, buffersOf, { once: false });
  const replacements = new Map<Tensor, Tensor>();
  const known = new Map<string, Slot<Cell>>(
    [...parameters, ...buffers].map((slot) => [slot.name, slot]),
  );
  for (const [name, tensor] of givenTo(tensors)) {
    const slot = known.get(name);
    if (slot === undefined) {
      throw new ChainruleError(
        `functionalCall: ${module.constructor.name} has no parameter or buffer "${name}"; it has ${[...known.keys()].join(', ')}`,
      );
    }
    checkArgument('functionalCall', name, tensor, kinds.tensor);
    replacements.set(slot.value, tensor as Tensor);
  }
  const swapped: Slot<Cell>[] = [];
  try {
    for (const slot of [...parameters, ...buffers]) {
      const given = replacements.get(slot.value);
      const updated = 'persistent' in slot && module.training;
      if (given === undefined && !updated) continue;
      if (Object.isFrozen(slot.holder)) {
        throw new ChainruleError(
          `functionalCall: the module that holds ${slot.name} was frozen, by Object.freeze or by a store that freezes its ` +
            'contents, but the call must replace its fields',
        );
      }
      swapped.push(slot);
      const standIn = updated ? passingCells(() => cell(given ?? slot.value)) : (given as Tensor);
      standIns.add(standIn);
      slot.holder[slot.key] = standIn;
    }
    const forward = module.forward.bind(module) as unknown as (
      ...a: Parameters<M['forward']>
    ) => ReturnType<M['forward']>;
    // A compiled forward was recorded with the module's own parameters.
    return withoutCompile(() => forward(...args));
  } finally {
    for (const { holder, key, value } of swapped) holder[key] = value;
  }
}

function givenTo(tensors: StateDict | readonly StateDict[]): Map<string, unknown> {
  if (!Array.isArray(tensors)) return entriesOf('functionalCall', tensors as StateDict);
  const all = new Map<string, unknown>();
  for (const state of tensors as readonly StateDict[])
    for (const [name, tensor] of entriesOf('functionalCall', state)) {
      if (all.has(name))
        throw new ChainruleError(
          `functionalCall: "${name}" stands in several of the given objects`,
        );
      all.set(name, tensor);
    }
  return all;
}
