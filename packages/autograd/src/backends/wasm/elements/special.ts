/**
 * @file Scalar functions in double precision, which kernels import where they have no vector form: those of the operations
 * themselves, so that all backends agree. V8 turns imports of `Math.sin` and the like into direct calls.
 */
import { scalarMakers, type ScalarFunction } from '../../../kernels/elements/scalarFunctions.js';

export type { ScalarFunction };

/** JavaScript's own functions. */
const BUILT_IN = [
  ...[
    'sin',
    'cos',
    'tan',
    'asin',
    'acos',
    'atan',
    'sinh',
    'cosh',
    'tanh',
    'asinh',
    'acosh',
    'atanh',
  ],
  ...['expm1', 'log', 'log1p', 'log2', 'log10', 'atan2'],
] as const;

let known: Record<string, ScalarFunction> = {};
let families = -1;

/** The functions by the name of their primitive. */
export function scalarFunctions(): Record<string, ScalarFunction> {
  if (families === scalarMakers.length) return known;
  families = scalarMakers.length;
  const math = Math as unknown as Record<string, ScalarFunction>;
  const built = Object.fromEntries(BUILT_IN.map((name) => [name, math[name]]));
  const { power, ...made } = Object.assign({}, ...scalarMakers.map((make) => make())) as Made;
  known = { ...built, ...made, pow: power };
  return known;
}

/** An expression that makes the same functions, for a worker thread, which has only this text. */
export function scalarFunctionsText(): string {
  const names = JSON.stringify(BUILT_IN);
  const makers = scalarMakers.map((make) => `(${make.toString()})()`).join(', ');
  return (
    `((made) => ({ ...Object.fromEntries(${names}.map((name) => [name, Math[name]])), ...made, pow: made.power }))` +
    `(Object.assign({}, ${makers}))`
  );
}

/** Like `scalarFunctionsText`, with only the makers that are needed for these names. */
export function scalarFunctionsTextOf(names: readonly string[]): string {
  const made = (name: string): string => (name === 'pow' ? 'power' : name);
  const makers = scalarMakers.filter((make) => {
    const functions = make();
    return names.some((name) => functions[made(name)] !== undefined);
  });
  const parts = names.map((name) =>
    (BUILT_IN as readonly string[]).includes(name)
      ? `${name}: Math.${name}`
      : `${name}: made.${made(name)}`,
  );
  const all = makers.map((make) => `(${make.toString()})()`).join(', ');
  return `((made) => ({ ${parts.join(', ')} }))(Object.assign({}, ${all === '' ? '{}' : all}))`;
}

type Made = Record<string, ScalarFunction> & { readonly power: ScalarFunction };
