/** @file Warns of parameters without a gradient, and names parameters in messages. */
import { borrowGrad, GradError, type Parameter } from '@chainrule/autograd';
import type { ParamGroup } from './paramGroup.js';

/** Names the parameters without a gradient. @throws {GradError} instead of a warning if `strict` is set. */
export function reportMissing<H>(
  optimizer: string,
  groups: readonly ParamGroup<H>[],
  strict: boolean,
): void {
  const missing = groups.flatMap((group, g) =>
    group.params.flatMap((p, i) => (borrowGrad(p) === null ? [nameOf(group, g, i)] : [])),
  );
  if (missing.length === 0) return;
  const message =
    `${optimizer}: no gradient for ${missing.slice(0, 10).join(', ')}` +
    `${missing.length > 10 ? ` and ${missing.length - 10} more` : ''}; `;
  if (strict)
    throw new GradError(`${message}the loss does not depend on them, or backward() was not called`);
  console.warn(
    `${message}skipped, as long as they have none (was backward() called on a loss that uses them?)`,
  );
}

/** The name of a parameter in messages: its own name, else the path that its module gave it. */
export function nameOf<H>({ params, paramNames }: ParamGroup<H>, group: number, i: number): string {
  const { label, shape } = params[i] as Parameter;
  const name = paramNames?.[i] ?? (label === '' ? `parameter ${i} of group ${group}` : label);
  return `${name} [${shape.join(', ')}]`;
}
