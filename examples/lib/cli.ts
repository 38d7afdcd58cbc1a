/** @file Options on the command line: typed, with defaults and `--help`; a mistake is one clear line and exit code 2. */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { isRendered } from './notebook.js';

interface Common {
  readonly help: string;
  /** A name of one letter: `n` for `-n 2`. */
  readonly short?: string;
}
export type Option =
  | (Common & {
      readonly type: 'integer' | 'number';
      readonly default: number;
      readonly min?: number;
      readonly max?: number;
    })
  | (Common & { readonly type: 'string'; readonly default: string })
  | (Common & {
      readonly type: 'choice';
      readonly choices: readonly string[];
      readonly default: string;
    })
  | (Common & { readonly type: 'flag' });

export type Options = Readonly<Record<string, Option>>;

type Value<O extends Option> = O extends { choices: readonly (infer C)[] }
  ? C
  : O extends { type: 'integer' | 'number' }
    ? number
    : O extends { type: 'string' }
      ? string
      : boolean;

/** `--batch-size` becomes `batchSize`. */
type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

export type OptionValues<O extends Options> = {
  readonly [K in keyof O & string as CamelCase<K>]: Value<O[K]>;
};

/** An error of the user rather than of the program: shown without a stack trace. */
export class UserError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = 'UserError';
    this.exitCode = exitCode;
  }
}

/**
 * Reads the command line. `--help` prints the options and exits; an unknown option or a value out of range prints an error
 * and exits with code 2. From then on, an uncaught {@link UserError} ends the program with only its message. In a rendered
 * notebook the defaults apply.
 *
 * @example
 * const { epochs, batchSize } = parseOptions('Trains a network.', {
 *   epochs: { type: 'integer', default: 3, min: 1, help: 'passes over the training data' },
 *   'batch-size': { type: 'integer', default: 64, min: 1, help: 'images a step' },
 * });
 */
export function parseOptions<const O extends Options>(
  description: string,
  options: O,
): OptionValues<O> {
  const program = basename(process.argv[1] ?? 'program');
  if (isRendered()) return readOptions(options, []).values;
  process.on('uncaughtException', (error) => {
    const known = error instanceof UserError;
    console.error(known ? `${program}: ${error.message}` : error);
    process.exit(known ? error.exitCode : 1);
  });
  try {
    const { help, values } = readOptions(options, process.argv.slice(2));
    if (!help) return values;
  } catch (error) {
    console.error(`${program}: ${(error as Error).message}\nTry --help for the options.`);
    process.exit(2);
  }
  console.log(helpText(program, description, options));
  process.exit(0);
}

/** The values from `args` and the defaults. @throws {UserError} on an unknown option or a bad value. */
export function readOptions<const O extends Options>(
  options: O,
  args: readonly string[],
): { help: boolean; values: OptionValues<O> } {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, short }]) => [
      name,
      {
        type: type === 'flag' ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  let given: Record<string, string | boolean | undefined>;
  try {
    given = parseArgs({
      args: [...args],
      options: { ...config, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    // Node's messages continue with advice on escaping; the first sentence says what is wrong.
    throw new UserError(((error as Error).message.split(/\. |\n/)[0] ?? '').replace(/\.$/, ''), 2);
  }
  const values = Object.entries(options).map(([name, option]) => [
    camelCase(name),
    valueOf(name, option, given[name]),
  ]);
  return { help: given['help'] === true, values: Object.fromEntries(values) as OptionValues<O> };
}

function valueOf(name: string, option: Option, given: string | boolean | undefined): unknown {
  if (option.type === 'flag') return given === true;
  if (typeof given !== 'string') return option.default;
  if (option.type === 'string') return given;
  if (option.type === 'choice') {
    if (option.choices.includes(given)) return given;
    throw new UserError(`--${name} must be one of ${option.choices.join(', ')}, got '${given}'`, 2);
  }
  const { type, min = -Infinity, max = Infinity } = option;
  const number = given.trim() === '' ? NaN : Number(given);
  if (
    Number.isFinite(number) &&
    number >= min &&
    number <= max &&
    (type === 'number' || Number.isSafeInteger(number))
  ) {
    return number;
  }
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  const range = (min > -Infinity ? ` from ${min}` : '') + (max < Infinity ? ` up to ${max}` : '');
  throw new UserError(`--${name} must be ${kind}${range}, got '${given}'`, 2);
}

function helpText(program: string, description: string, options: Options): string {
  const rows = Object.entries(options).map(([name, option]): [string, string] => {
    const names = option.short === undefined ? `--${name}` : `-${option.short}, --${name}`;
    if (option.type === 'flag') return [names, option.help];
    const hint =
      option.type === 'choice' ? option.choices.join('|') : option.type === 'string' ? 'TEXT' : 'N';
    return [`${names} ${hint}`, `${option.help} (default: ${option.default})`];
  });
  rows.push(['-h, --help', 'show this text']);
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  return `Usage: ${program} [options]\n\n${description}\n\nOptions:\n${lines.join('\n')}`;
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
