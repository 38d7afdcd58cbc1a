/**
 * @file The checks of hyperparameters and options: the kinds of arguments that all packages share, under the names that rules
 * use. Hyperparameters are checked when a group is made and whenever they are changed.
 */
import { checkArgument, kinds, type Kind } from '@chainrule/autograd';

export { display } from '@chainrule/autograd';

/** A value a hyperparameter may have. */
export type HyperValue = number | boolean | string | null | readonly (number | null)[];

/** The hyperparameters of one optimizer. */
export type Hypers = { readonly [name: string]: HyperValue };

/** A condition on a value, and its wording in messages. */
export type Check = Pick<Kind, 'must' | 'error'> & { test(value: unknown): boolean };

export const {
  count,
  decay,
  finite,
  flag,
  fraction,
  nonNegative,
  oneOf,
  orNull,
  positive,
  tuple,
}: typeof kinds = kinds;

/** @throws {ChainruleError} if `value` does not pass. */
export function ensure(owner: string, name: string, value: unknown, check: Check): void {
  checkArgument(owner, name, value, check as Kind);
}
