/** @file Rows of CSV texts and Parquet files as tensors, and back. */
import { tensor, type Tensor } from '@chainrule/autograd';
import { fromRows, parseCsv, readParquet, toRows, writeParquet } from '@chainrule/nn/data';
import { describe, expect, it } from 'vitest';

describe('tables', () => {
  it('CSV: quotes, line ends, empty fields and lines, other delimiters', () => {
    const text = '\uFEFFx,name,y\r\n1,"a, ""b""\nc",2.5\r\n\r\n-3e2,plain,\r\n';
    expect(parseCsv(text)).toEqual([
      { x: 1, name: 'a, "b"\nc', y: 2.5 },
      { x: -300, name: 'plain', y: null },
    ]);
    expect(parseCsv('a;b\n1;"2"', { delimiter: ';' })).toEqual([{ a: 1, b: '2' }]);
    expect(parseCsv('')).toEqual([]);
    expect(() => parseCsv('a,b\n1')).toThrow('row 0 has 1 field, there are 2 columns');
    expect(() => parseCsv('a\n"1')).toThrow('the quote that starts in line 2 is never closed');
    expect(() => parseCsv('a\n"1"2')).toThrow('has text after a closing quote');
    expect(() => parseCsv('a,b,a\n1,2,3')).toThrow("there are two columns 'a'");
    for (const delimiter of ['', '"', '\n'])
      expect(() => parseCsv('a\n1', { delimiter })).toThrow('without quotes and line ends');
  });

  it('CSV: names are text as they stand, and only decimal numbers are numbers', () => {
    expect(parseCsv(',007,1.0,"q"\n0,1,2,3')).toEqual([{ '': 0, '007': 1, '1.0': 2, q: 3 }]);
    const [row] = parseCsv('a,b,c,d,e,f\n0x1F, -.5e1 ,12345678901234567890,1_000,1.,+7');
    expect(row).toEqual({ a: '0x1F', b: -5, c: '12345678901234567890', d: '1_000', e: 1, f: 7 });
    expect(parseCsv('a,b\nNaN,-Infinity\n9007199254740991,1e300')).toEqual([
      { a: NaN, b: -Infinity },
      { a: 9007199254740991, b: 1e300 },
    ]);
    expect(parseCsv('a\n""\n\n1')).toEqual([{ a: '' }, { a: 1 }]);
  });

  it('rows become tensors by column where they can, and come back', () => {
    const rows = [
      { x: 1, ok: true, name: 'a', n: 5n },
      { x: null, ok: false, name: 'b', n: -6n },
    ];
    const { x, ok, name, n } = fromRows(rows);
    expect((x as Tensor).toArray()).toEqual([1, NaN]);
    expect([(ok as Tensor).dtype, (n as Tensor).dtype]).toEqual(['bool', 'int32']);
    expect(name).toEqual(['a', 'b']);
    expect(toRows({ n: n as Tensor, name: name as string[] })).toEqual([
      { n: 5, name: 'a' },
      { n: -6, name: 'b' },
    ]);
    expect(() => fromRows(rows, ['z'])).toThrow("row 0 has no column 'z'");
    expect(() => toRows({ a: [1], b: [1, 2] })).toThrow('different lengths: 1, 2');
  });

  it('Parquet: rows are written and read, all or a part', async () => {
    const rows = [
      { n: 1, x: 2, ok: true, name: 'a', big: 2n ** 40n, none: null },
      { n: null, x: 2.5, ok: false, name: 'é', big: -1n, none: null },
    ];
    const bytes = await writeParquet(rows);
    expect(await readParquet(bytes)).toEqual(rows);
    expect(await readParquet(bytes, { columns: ['x'], rowStart: 1 })).toEqual([{ x: 2.5 }]);
    const { x } = fromRows(await readParquet(bytes));
    expect((x as Tensor).toArray()).toEqual([2, 2.5]);
    await expect(writeParquet([])).rejects.toThrow('there is no column');
    await expect(writeParquet([{ x: 1 }, { x: 'a' }])).rejects.toThrow('writeParquet: ');
  });

  it('Parquet: tensors by column keep their values', async () => {
    const columns = {
      f: tensor([0.1, NaN]),
      d: tensor([0.1, 1 / 3], { dtype: 'float64' }),
      i: tensor([-7, 2 ** 31 - 1], { dtype: 'int32' }),
      b: tensor([true, false]),
      s: ['x', null],
    };
    expect(await readParquet(await writeParquet(columns))).toEqual([
      { f: Math.fround(0.1), d: 0.1, i: -7, b: true, s: 'x' },
      { f: NaN, d: 1 / 3, i: 2 ** 31 - 1, b: false, s: null },
    ]);
    await expect(writeParquet({ a: tensor([1]), b: [1, 2] })).rejects.toThrow('lengths: 1, 2');
    await expect(writeParquet({ a: tensor([[1]]) })).rejects.toThrow('got [1, 1]');
    await expect(writeParquet({ a: 1 as never })).rejects.toThrow('must be a tensor or a list');
  });

  it('refuses files that are not Parquet', async () => {
    await expect(readParquet(new Uint8Array(20))).rejects.toThrow(/readParquet: /);
    await expect(readParquet('x' as never)).rejects.toThrow('expected the bytes of a file');
  });
});
