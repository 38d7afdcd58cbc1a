/** @file The tables of names are correct: they are up to date, and every name that they recommend exists. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as data from '@chainrule/nn/data';
import * as train from '@chainrule/nn/train';
import * as io from '@chainrule/autograd/io';
import * as solve from '@chainrule/optim/solve';
import * as distributed from '@chainrule/distributed';
import * as exporting from '@chainrule/export';
import * as distributions from '@chainrule/nn/distributions';
import * as optim from '@chainrule/optim';
import { exists, join, LIBRARIES, listed, said, tablePath, written, type Said } from './join.js';

const elsewhere: Readonly<Record<string, unknown>> = {
  ...data,
  ...train,
  ...io,
  ...solve,
  ...distributed,
  ...exporting,
  ...distributions,
  ...optim,
};

/** The calls in a piece of code that do not exist here: functions, classes, and methods of tensors. */
function unknownCalls(code: string): string[] {
  const calls = [...code.matchAll(/(new )?([A-Za-z][\w.]*)\(|\.(\w+)\(|`(\w+)`/g)];
  return calls
    .map(([, , path, method, quoted]) => path ?? method ?? quoted ?? '')
    .filter((path) => {
      if (
        exists(path) ||
        path in elsewhere ||
        /^(Math\.\w+|f|p\.assign|sample|x\.shape\.reduce|(model|layer)\.\w+)$/.test(path)
      )
        return false;
      // `x.relu(`: a tensor is before the dot.
      const last = path.split('.').at(-1) ?? '';
      return !(path !== last || code.includes(`.${path}(`)) || !exists(`Tensor.${last}`);
    });
}

describe.each(LIBRARIES)('%s', (library) => {
  const table = join(library);
  const all = Object.values(table.groups).flatMap((group) => Object.entries(group));

  test('is up to date (else: npx ts-node tools/names/join.ts)', () => {
    expect(readFileSync(tablePath(library), 'utf8') === written(table)).toBe(true);
  });

  test('every name on our side exists', () => {
    const wrong = all.flatMap(([name, here]): string[] => {
      if (typeof here === 'string') return exists(here) ? [] : [`${name}: ${here}`];
      const code = 'write' in here ? here.write : '';
      return unknownCalls(code).map((path) => `${name}: ${path} in ${code}`);
    });
    expect(wrong).toEqual([]);
  });

  test('what is said by hand is of names that there are, and needed', () => {
    const { groups } = listed(library);
    const idle = Object.entries(said(library)).flatMap(([group, names]) =>
      Object.keys(names).filter((name) => !groups[group]?.includes(name)),
    );
    expect(idle).toEqual([]);
  });
});

test('every name of PyTorch has an answer', () => {
  const unanswered = Object.values(join('pytorch').groups).flatMap((group) =>
    Object.entries(group).filter(
      ([, here]: [string, Said]) => typeof here === 'object' && 'none' in here && here.none === '',
    ),
  );
  expect(unanswered.map(([name]) => name)).toEqual([]);
});
