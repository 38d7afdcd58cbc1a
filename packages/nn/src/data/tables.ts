/** @file Rows of tables, as tensors by column, and back; rows of CSV texts. */
import {
  checkArgument,
  defineOptions,
  display,
  FormatError,
  kinds,
  plural,
  ShapeError,
  Tensor,
  tensor,
} from '@chainrule/autograd';

/** A row: values by column. */
export type Row = Readonly<Record<string, unknown>>;

/** Options of `parseCsv`. */
export interface CsvOptions {
  /** The character between fields. Default: a comma. */
  readonly delimiter?: string;
}

const csvOptions = defineOptions<CsvOptions>({
  delimiter: kinds.kind<string>(
    'be text without quotes and line ends',
    (x) => typeof x === 'string' && /^[^"\r\n]+$/.test(x),
  ),
});

/**
 * The rows of a CSV text (RFC 4180) whose first line names the columns. Fields are text; those that are decimal numbers
 * become numbers, empty ones null. Quoted fields stay text, and so do whole numbers beyond 2⁵³, such as ids, which a number
 * would round.
 *
 * @throws {FormatError} for a line with more or fewer fields than columns, two columns of the same name, or a quote
 * that is never closed.
 * @example parseCsv('x,name\n1,"a, b"') // [{ x: 1, name: 'a, b' }]
 */
export function parseCsv(
  text: string,
  options?: CsvOptions,
): Record<string, string | number | null>[] {
  checkArgument('parseCsv', 'text', text, kinds.text);
  const { delimiter = ',' } = csvOptions('parseCsv', options);
  const [head, ...lines] = linesOf(text.replace(/^\uFEFF/, ''), delimiter);
  if (head === undefined) return [];
  const names = head.map(({ text }) => text);
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined)
    throw new FormatError(`parseCsv: there are two columns ${display(twice)}`);
  return lines.map((fields, i) => {
    if (fields.length !== head.length) {
      throw new FormatError(
        `parseCsv: row ${i} has ${plural(fields.length, 'field')}, there are ${plural(head.length, 'column')}`,
      );
    }
    return Object.fromEntries(fields.map((field, k) => [String(names[k]), valueOf(field)]));
  });
}

/** The text between two delimiters. */
interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

function linesOf(text: string, delimiter: string): Field[][] {
  const lines: Field[][] = [];
  let fields: Field[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === '"') {
      let field = '';
      for (;;) {
        const end = text.indexOf('"', at + 1);
        if (end < 0)
          throw new FormatError(
            `parseCsv: the quote that starts in line ${lines.length + 1} is never closed`,
          );
        field += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
      fields.push({ text: field, quoted: true });
    } else {
      const start = at;
      while (
        at < text.length &&
        !text.startsWith(delimiter, at) &&
        !'\r\n'.includes(text[at] as string)
      )
        at++;
      fields.push({ text: text.slice(start, at), quoted: false });
    }
    if (text.startsWith(delimiter, at)) {
      at += delimiter.length;
      if (at < text.length && !'\r\n'.includes(text[at] as string)) continue;
      fields.push({ text: '', quoted: false });
    }
    if (at < text.length && !'\r\n'.includes(text[at] as string))
      throw new FormatError(`parseCsv: line ${lines.length + 1} has text after a closing quote`);
    at += text.startsWith('\r\n', at) ? 2 : 1;
    // Empty lines are skipped.
    if (fields.length > 1 || fields[0]?.quoted === true || fields[0]?.text.trim() !== '')
      lines.push(fields);
    fields = [];
  }
  return lines;
}

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$|^NaN$|^[+-]?Infinity$/;

function valueOf({ text, quoted }: Field): string | number | null {
  if (quoted) return text;
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (!DECIMAL.test(trimmed)) return text;
  const number = Number(trimmed);
  return /^[+-]?\d+$/.test(trimmed) && !Number.isSafeInteger(number) ? text : number;
}

/**
 * Rows to tensors by column: numbers become float32 `[rows]`, booleans bool, bigints int32 if they fit, and missing
 * numbers NaN. Columns with text or anything else stay lists. For a matrix of features: `stack(['x', 'y'].map((name) =>
 * columns[name]), 1)`.
 *
 * @throws {ShapeError} if a row has no such column.
 * @example fromRows([{ x: 1, y: 'a' }, { x: 2, y: 'b' }]).x // [1, 2]
 */
export function fromRows(
  rows: readonly Row[],
  columns?: readonly string[],
): Record<string, Tensor | unknown[]> {
  checkArgument('fromRows', 'rows', rows, kinds.listOf(kinds.object));
  if (columns !== undefined)
    checkArgument('fromRows', 'columns', columns, kinds.listOf(kinds.text));
  return Object.fromEntries(
    (columns ?? Object.keys(rows[0] ?? {})).map((name) => {
      const values = rows.map((row, i) => {
        if (Object.hasOwn(row, name)) return row[name];
        throw new ShapeError(`fromRows: row ${i} has no column ${display(name)}`);
      });
      return [name, columnOf(values)];
    }),
  );
}

function columnOf(values: unknown[]): Tensor | unknown[] {
  const present = values.filter((v) => v !== null && v !== undefined);
  const all = (type: string): boolean => present.every((v) => typeof v === type);
  if (present.length === 0) return values;
  if (all('number')) return tensor(Float32Array.from(values, (v) => (v as number | null) ?? NaN));
  if (present.length < values.length) return values;
  if (all('boolean')) return tensor(values as boolean[]);
  const small = (v: unknown): boolean => typeof v === 'bigint' && BigInt.asIntN(32, v) === v;
  return present.every(small) ? tensor(Int32Array.from(values, Number)) : values;
}

const anyList = kinds.listOf(kinds.anything);
/** An object whose fields can be read; a getter that throws makes it invalid. */
const record = kinds.kind<object>('be an object of columns', (x) => {
  try {
    return kinds.object.test(x) && Object.entries(x).length >= 0;
  } catch {
    return false;
  }
});

/**
 * Tensors `[rows]` and lists by column to rows: the inverse of {@link fromRows}. @throws {ShapeError} if lengths
 * differ.
 * @example toRows({ x: tensor([1, 2]) }).map(({ x }) => x) // [1, 2]
 */
export function toRows(columns: Readonly<Record<string, Tensor | readonly unknown[]>>): Row[] {
  checkArgument('toRows', 'columns', columns, record);
  const lists = Object.entries(columns).map(([name, column]) => {
    const given: unknown = column instanceof Tensor ? column.toArray() : column;
    const list = checkArgument('toRows', `column ${display(name)}`, given, anyList);
    return [name, list] as const;
  });
  const lengths = new Set(lists.map(([, list]) => list.length));
  if (lengths.size > 1)
    throw new ShapeError(`toRows: columns have different lengths: ${[...lengths].join(', ')}`);
  const [length = 0] = lengths;
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(lists.map(([name, list]) => [name, list[i]])),
  );
}
