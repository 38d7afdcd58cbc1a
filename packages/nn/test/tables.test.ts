/** @file Rows of CSV texts and Parquet files as tensors, and back. */
import { type Tensor } from '@chainrule/autograd';
import { fromRows, parseCsv, readParquet, toRows } from '@chainrule/nn/data';
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
    expect(() => parseCsv('a,b\n1')).toThrow('row 0 has 1 fields, there are 2 columns');
    expect(() => parseCsv('a\n"1')).toThrow('the quote in line 2 does not end');
    expect(() => parseCsv('a\n"1"2')).toThrow('goes on after a quote');
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

  it('what is no Parquet file is refused', async () => {
    await expect(readParquet(new Uint8Array(20))).rejects.toThrow(/readParquet: /);
    await expect(readParquet('x' as never)).rejects.toThrow('expected the bytes of a file');
  });
});
