/** @file The examples in docstrings are correct: all of them are code, and each line that shows a value has that value. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import * as autograd from '@chainrule/autograd';
import * as functions from '@chainrule/autograd/functions';
import * as io from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import * as data from '@chainrule/nn/data';
import * as distributions from '@chainrule/nn/distributions';
import * as metrics from '@chainrule/nn/metrics';
import * as optim from '@chainrule/optim';
import * as solve from '@chainrule/optim/solve';
import { transformSync } from 'esbuild';
import { expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));
// The names that an example may use. If two packages have functions of one name, the docstrings of the second belong to the
// first.
const scope = {
  ...io,
  ...data,
  ...nn.functional,
  ...nn.utils,
  ...nn.utils.rnn,
  ...distributions,
  ...metrics,
  ...solve,
  ...optim,
  ...nn,
  ...autograd,
  nn,
};

type Check = (actual: unknown, line: number) => void;

interface Example {
  readonly place: string;
  readonly code: string;
  /** The values that lines show, by line number. */
  readonly values: ReadonlyMap<number, Shown>;
}

interface Shown {
  readonly value: unknown;
  /** The tolerance of a number: half of the last digit that is shown. */
  readonly tolerance: number;
}

/** A value in the notation of examples: numbers with either kind of minus sign, booleans, lists. */
function shown(text: string): Shown | null {
  const plain = text.trim().replaceAll('−', '-').replaceAll('∞', 'Infinity');
  if (!/^(?:[[\]\d\s.,e+-]|true|false|NaN|Infinity)+$/.test(plain)) return null;
  const digits = [...plain.matchAll(/\.(\d+)/g)].map(([, found = '']) => found.length);
  try {
    return {
      value: JSON.parse(plain.replaceAll(/-?(?:NaN|Infinity)/g, '"$&"')) as unknown,
      tolerance: 0.51 * 10 ** -Math.max(0, ...digits),
    };
  } catch {
    return null;
  }
}

/** The code of an example, in which each line that shows a value passes its own value to `check`. */
function exampleOf(place: string, body: string): Example {
  const values = new Map<number, Shown>();
  const lines = body.split('\n').map((line, i) => {
    const [, before = '', statement = '', comment = ''] =
      /^((?:const \w+(?:: [^=]+)? = )?)(\S.*?);?\s*\/\/ (.*)$/.exec(line) ?? [];
    const value = shown(comment);
    if (!value) return line;
    values.set(i, value);
    return before ? `${before}check(${statement}, ${i});` : `check(${statement}, ${i});`;
  });
  return { place, code: lines.join('\n'), values };
}

function examplesOf(file: string): Example[] {
  const text = readFileSync(join(packages, file), 'utf8');
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) =>
    [...comment[0].matchAll(/@example([\s\S]*?)(?=\n\s*\* @|\s*\*\/)/g)].map(([, body = '']) => {
      const line = text.slice(0, comment.index).split('\n').length;
      return exampleOf(`${file}:${line}`, body.replaceAll(/\n\s*\* ?/g, '\n').trim());
    }),
  );
}

const plainOf = (x: unknown): unknown => {
  if (x instanceof autograd.Tensor) return x.ndim === 0 ? x.item() : x.toArray();
  return Array.isArray(x) ? x.map(plainOf) : x;
};

function expectClose(actual: unknown, value: unknown, tolerance: number): void {
  if (Array.isArray(value)) {
    expect(actual).toHaveLength(value.length);
    value.forEach((x, i) => expectClose((actual as unknown[])[i], x, tolerance));
  } else if (typeof value === 'number')
    expect(Math.abs(Number(actual) - value)).toBeLessThan(tolerance + 1e-6 * Math.abs(value));
  else expect(typeof value === 'string' ? String(actual) : actual).toBe(value);
}

const files = readdirSync(packages, { recursive: true, encoding: 'utf8' })
  .filter((path) => /^[\w-]+[\\/]src[\\/].*\.ts$/.test(path) && !/\.test(-d)?\.ts$/.test(path))
  .sort();
const examples = files.flatMap(examplesOf);

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(750);
});

/** Functions and classes by the names under which they are exported, including those in namespaces. */
const named = (module: object): string[] =>
  Object.entries(module).flatMap(([name, x]: [string, object]) => {
    if (x[Symbol.toStringTag as never] === 'Module') return name === 'kinds' ? [] : named(x);
    return typeof x === 'function' ? [name] : [];
  });
// Names that are declared under another name, and values that operations return, throw, or that are for packages built on
// this one.
const declared: Readonly<Record<string, string>> = {
  flattenTree: 'flatten',
  sigmoid: 'sigmoidOf',
  var: 'variance',
};
const without =
  /^(Tensor|\w+Error|display|printable|passes|foreignCopy|culprit|forgetRun|rememberRuns)$/;

test('every operation, layer, loss, metric, distribution and optimizer has one', () => {
  const sources = files.map((file) => readFileSync(join(packages, file), 'utf8')).join('\n');
  const shownNames = new Set(
    [
      ...sources.matchAll(
        /@example(?:(?!\*\/)[^])*\*\/\s+(?:export )?(?:async )?(?:abstract )?(?:const|function\*?|class) (\w+)/g,
      ),
    ].map(([, name]) => name),
  );
  const modules = [functions, nn, data, distributions, metrics, optim, solve];
  const missing = modules
    .flatMap(named)
    .filter((name) => !without.test(name) && !shownNames.has(declared[name] ?? name));
  expect([...new Set(missing)]).toEqual([]);
});

// An ellipsis means that something is left out.
test('all of them are code', () => {
  const broken = examples.filter(({ code }) => {
    if (code.includes('…')) return false;
    try {
      transformSync(`async () => {${code.replace(/^import .*$/gm, '')}\n}`, { loader: 'ts' });
      return false;
    } catch {
      return true;
    }
  });
  expect(broken.map(({ place, code }) => [place, code])).toEqual([]);
});

test.each(examples.filter(({ values }) => values.size > 0))('$place', ({ code, values }) => {
  const { code: plain } = transformSync(code, { loader: 'ts' });
  const run = compileFunction(`with (scope) { ${plain}\n }`, ['scope', 'check']) as (
    names: object,
    check: Check,
  ) => void;
  let checked = 0;
  run(scope, (actual, line) => {
    const { value, tolerance } = values.get(line) as Shown;
    expectClose(plainOf(actual), value, tolerance);
    checked++;
  });
  expect(checked).toBe(values.size);
});
