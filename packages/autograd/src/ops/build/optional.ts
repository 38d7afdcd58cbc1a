/**
 * @file Optional arguments: in the options object, or by position where PyTorch has them so. `conv2d(x, w, bias, { stride })`
 * is `conv2d(x, w, { bias, stride })`.
 */
import { Tensor } from '../../graph/tensor.js';

/**
 * What was given after the required arguments, as one options object: values by position under their `names`. An options
 * object may stand in the place of any of them.
 */
export function optionsOf<O extends object>(
  names: readonly (keyof O & string)[],
  ...given: readonly unknown[]
): O {
  const all: Record<string, unknown> = {};
  given.forEach((value, i) => {
    const name = names[i];
    if (isOptions(value)) Object.assign(all, value);
    else if (value !== undefined && name !== undefined) all[name] = value;
  });
  return all as O;
}

function isOptions(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Tensor)
  );
}
