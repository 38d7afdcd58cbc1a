/** @file Reads the options of the command line by a table: an option that is not in the table is refused. */
import { fileURLToPath } from 'node:url';

/** A mistake on the command line. */
export class UsageError extends Error {}

/** Parses the text after an option; null for an option without a value. */
export type Reader = ((text: string, option: string) => unknown) | null;

/** The arguments: options by name, and the others in order. */
export interface Given {
  readonly options: Readonly<Record<string, unknown>>;
  readonly rest: readonly string[];
}

export function readOptions(
  argv: readonly string[],
  table: Readonly<Record<string, Reader>>,
): Given {
  const options: Record<string, unknown> = {};
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === '--') {
      rest.push(...argv.slice(i + 1));
      break;
    }
    if (!word.startsWith('-')) {
      rest.push(word);
      continue;
    }
    const [name = '', inline] = word.split(/=(.*)/s);
    const reader = Object.hasOwn(table, name) ? table[name] : undefined;
    if (reader === undefined) {
      throw new UsageError(`unknown option ${name}; there are ${Object.keys(table).join(', ')}`);
    }
    if (reader === null) {
      if (inline !== undefined) throw new UsageError(`${name} takes no value, got ${inline}`);
      options[name] = true;
      continue;
    }
    const text = inline ?? argv[++i];
    if (text === undefined) throw new UsageError(`${name} needs a value`);
    options[name] = reader(text, name);
  }
  return { options, rest };
}

export const text: Reader = (given, option) => {
  if (given === '') throw new UsageError(`${option} needs a value`);
  return given;
};

/** The path given by an argument: a path, or a `file:` URL. Windows' `C:\\` is a path. */
export function pathOf(given: string, what: string): string {
  if (!/^[a-z][a-z\d+.-]+:/i.test(given)) return given;
  try {
    return fileURLToPath(given);
  } catch {
    throw new UsageError(`${what}: expected a path or a file: URL of this machine, got ${given}`);
  }
}

export const filePath: NonNullable<Reader> = (given, option) => {
  if (given === '') throw new UsageError(`${option} needs a value`);
  return pathOf(given, option);
};

export const whole: NonNullable<Reader> = (given, option) => {
  const n = Number(given);
  if (!Number.isInteger(n) || n < 1)
    throw new UsageError(`${option}: expected a whole number from 1, got ${given}`);
  return n;
};

/** As `reader`, but the word `none` is also accepted and becomes null. */
export const orNone =
  (reader: NonNullable<Reader>): Reader =>
  (given, option) =>
    given === 'none' ? null : reader(given, option);

export const oneOf =
  (...allowed: readonly string[]): Reader =>
  (given, option) => {
    if (!allowed.includes(given))
      throw new UsageError(`${option}: expected ${allowed.join(' or ')}, got ${given}`);
    return given;
  };
