/** @file Rows of Parquet files, with optional packages. */
import {
  checkArgument,
  ChainruleError,
  defineOptions,
  display,
  FormatError,
  kinds,
  passes,
  ShapeError,
  Tensor,
  type Kind,
} from '@chainrule/autograd';
import { guarded, reasonOf } from './guarded.js';
import { optional } from './optional.js';
import type { Row } from './tables.js';

interface Hyparquet {
  parquetReadObjects(options: {
    file: ArrayBuffer;
    columns?: string[];
    rowStart?: number;
    rowEnd?: number;
  }): Promise<Row[]>;
}

/** Options of `readParquet`. */
export interface ParquetOptions {
  /** The columns to read. Default: all. */
  readonly columns?: readonly string[];
  /** The first row. Default 0. */
  readonly rowStart?: number;
  /** The row after the last. Default: the end. */
  readonly rowEnd?: number;
  /** The most seconds that reading may take, in Node.js. Default 10, and one for each MiB of the file. */
  readonly timeout?: number;
}

const fileBytes = kinds.kind<Uint8Array | ArrayBuffer>(
  'be the bytes of a file',
  (x) => x instanceof ArrayBuffer || x instanceof Uint8Array,
);

const parquetOptions = defineOptions<ParquetOptions>({
  columns: kinds.listOf(kinds.text),
  rowStart: kinds.size,
  rowEnd: kinds.size,
  timeout: kinds.positive,
});

/**
 * The rows of a Parquet file, for {@link fromRows}. Needs the package `hyparquet`.
 *
 * In Node.js it reads in a separate thread, which is terminated if a damaged file makes it loop forever or use more
 * than 1 GiB and 64 times the size of the file. In pages nothing can stop it: read untrusted files in a worker there.
 *
 * @throws {ChainruleError} if it is not installed. @throws {FormatError} if the file cannot be read.
 * @example const { price } = fromRows(await readParquet(bytes, { columns: ['price'] }));
 */
export async function readParquet(
  bytes: Uint8Array | ArrayBuffer,
  options?: ParquetOptions,
): Promise<Row[]> {
  const { columns, timeout, ...range } = parquetOptions('readParquet', options);
  if (!passes(fileBytes, bytes))
    throw new ChainruleError(`readParquet: expected the bytes of a file, got ${display(bytes)}`);
  const file = bytes instanceof ArrayBuffer ? bytes : bytes.slice().buffer;
  const argument = { file, ...range, ...(columns && { columns: [...columns] }) };
  const size = file.byteLength / 2 ** 20;
  const limits = { seconds: timeout ?? 10 + size, mebibytes: 1024 + Math.ceil(64 * size) };
  const read = await guarded<Row[]>(
    'readParquet',
    'hyparquet',
    'parquetReadObjects',
    argument,
    limits,
  );
  if (read !== null) return read.value;
  const hyparquet = await optional<Hyparquet>('readParquet', 'hyparquet');
  try {
    return await hyparquet.parquetReadObjects(argument);
  } catch (cause) {
    throw new FormatError(`readParquet: ${reasonOf('hyparquet', cause as Error)}`, { cause });
  }
}

const someRows = kinds.listOf(kinds.object) as Kind<readonly Row[]>;

interface Column {
  readonly name: string;
  readonly data: ArrayLike<unknown>;
  readonly type?: string;
}

/** Columns by name, which can be read. */
const columns = kinds.kind<object>(
  'be an array of rows, or an object of columns',
  (x) => kinds.object.test(x) && Object.entries(x).length >= 0,
);

interface HyparquetWriter {
  parquetWriteBuffer(options: { columnData: Column[] }): ArrayBuffer;
}

/**
 * The bytes of a Parquet file of rows, or of tensors `[rows]` and lists by column, which keep their dtypes: float32,
 * float64, int32, bool. In rows numbers become float64. Null and missing fields are written as null; objects become
 * JSON. Needs the package `hyparquet-writer`.
 *
 * @throws {ChainruleError} if it is not installed, or a column mixes kinds of values. @throws {ShapeError} if
 *   columns have different lengths.
 * @example await writeFile('prices.parquet', await writeParquet([{ day: '2026-01-02', price: 4.5 }]));
 */
export async function writeParquet(
  rows: readonly Row[] | Readonly<Record<string, Tensor | readonly unknown[]>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const columnData = kinds.array.test(rows)
    ? columnsOfRows(checkArgument('writeParquet', 'rows', rows, someRows))
    : Object.entries(
        checkArgument('writeParquet', 'rows', rows, columns) as Record<string, unknown>,
      ).map(([name, column]) => columnOf(name, column));
  if (columnData.length === 0)
    throw new ChainruleError('writeParquet: there is no column to write');
  const lengths = new Set(columnData.map(({ data }) => data.length));
  if (lengths.size > 1)
    throw new ShapeError(
      `writeParquet: columns have different lengths: ${[...lengths].join(', ')}`,
    );
  const writer = await optional<HyparquetWriter>('writeParquet', 'hyparquet-writer');
  try {
    return new Uint8Array(writer.parquetWriteBuffer({ columnData }));
  } catch (cause) {
    throw new ChainruleError(`writeParquet: ${(cause as Error).message}`, { cause });
  }
}

function columnsOfRows(rows: readonly Row[]): Column[] {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return [...names].map((name) =>
    columnOf(
      name,
      rows.map((row) => row[name] ?? null),
    ),
  );
}

function columnOf(name: string, column: unknown): Column {
  if (column instanceof Tensor) {
    const given = column as Tensor;
    if (given.ndim !== 1)
      throw new ShapeError(
        `writeParquet: column ${display(name)} must be a tensor [rows], got [${given.shape.join(', ')}]`,
      );
    return given.dtype === 'bool'
      ? { name, data: given.toArray() as unknown[], type: 'BOOLEAN' }
      : { name, data: given.dataSync() };
  }
  if (!passes(kinds.array, column))
    throw new ChainruleError(
      `writeParquet: column ${display(name)} must be a tensor or a list, got ${display(column)}`,
    );
  const present = column.filter((x) => x !== null && x !== undefined);
  // In a column of numbers, an integer does not mean that all others are integers.
  const type = present.every((x) => typeof x === 'number') ? { type: 'DOUBLE' } : {};
  return { name, data: column, ...type };
}
