/** @file The code in the documents has no errors in an editor with strict types, when a reader pastes it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, expect, it } from 'vitest';
import { blocksOf, documents, ROOT } from './blocks.js';

const SCRATCH = join(ROOT, 'out', `types-${process.pid}`);
afterAll(() => rmSync(SCRATCH, { recursive: true, force: true }));

it('the code in the documents is typed', () => {
  mkdirSync(SCRATCH, { recursive: true });
  const files = documents.flatMap((document) =>
    blocksOf(document).map((code, i) => {
      const file = join(SCRATCH, `${document.replace(/\W/g, '-')}-${i + 1}.ts`);
      writeFileSync(file, `${code}\nexport {};\n`);
      return file;
    }),
  );
  const base = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), ts.sys.readFile.bind(ts.sys));
  const { options } = ts.parseJsonConfigFileContent(base.config, ts.sys, ROOT);
  // The options that `strict` sets, and no others.
  const program = ts.createProgram(files, {
    ...options,
    noEmit: true,
    noUncheckedIndexedAccess: false,
    noImplicitOverride: false,
    noPropertyAccessFromIndexSignature: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: ['node'],
  });
  const wrong = files.flatMap((file) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(file))
      .map(({ start = 0, messageText }) => {
        const source = program.getSourceFile(file);
        const line = (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
        const where = `${file.slice(SCRATCH.length + 1)}:${line}`;
        return `${where}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      }),
  );
  expect(wrong).toEqual([]);
}, 240_000);
