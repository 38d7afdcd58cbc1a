/**
 * @file How every public function checks its arguments and options. Public, so that layers, optimizers and operations written
 * elsewhere can refuse wrong values in the same words.
 */
export { checkArgument, passes } from './check.js';
export { copyList, generate, readList } from './list.js';
export { reading } from './reading.js';
export { guardMethods } from './receiver.js';
export { display } from './display.js';
export { plural } from './plural.js';
export { printable } from './printable.js';
export * as kinds from './kinds.js';
export type { Kind } from './kinds.js';
export { byPosition } from './byPosition.js';
export {
  defineOptions,
  refuseSurplus,
  type OptionPick,
  type OptionsReader,
  type OptionTable,
} from './options.js';
