/**
 * @file Writes StableHLO text: values with their types, and the instructions that compute them, each in MLIR's generic form.
 */

/** The element types that exported programs use. */
export type ElementType =
  'f32' | 'f64' | 'i32' | 'i1' | 'ui32' | 'ui64' | 'i64' | 'complex<f32>' | 'complex<f64>';

/** A value of the program. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
}

type Sizes = readonly number[];

/** `tensor<4x2xf32>` */
export function typeOf({ shape, type }: Omit<Value, 'name'>): string {
  return `tensor<${[...shape, type].join('x')}>`;
}

/** `array<i64: 1, 0>` */
export function list(numbers: Sizes): string {
  return numbers.length === 0 ? 'array<i64>' : `array<i64: ${numbers.join(', ')}>`;
}

/** `0, 1, 2` */
export function counting(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

function same(x: Sizes, y: Sizes): boolean {
  return x.length === y.length && x.every((n, d) => n === y[d]);
}

const view = new DataView(new ArrayBuffer(8));

/** A number in a form that MLIR reads back with the same bits. */
function literal(x: number, type: ElementType): string {
  if (type === 'i1') return x === 0 ? 'false' : 'true';
  // A summand of an unsigned count may be negative: words wrap around.
  if (type === 'ui32' || type === 'ui64')
    return String(BigInt.asUintN(type === 'ui32' ? 32 : 64, BigInt(x)));
  if (type !== 'f32' && type !== 'f64') return String(x);
  view.setFloat32(0, x);
  if (type === 'f32') return `0x${view.getUint32(0).toString(16).toUpperCase().padStart(8, '0')}`;
  view.setFloat64(0, x);
  return `0x${view.getBigUint64(0).toString(16).toUpperCase().padStart(16, '0')}`;
}

/** The counter of names that all writers of one module share. */
interface Counter {
  next: number;
}

/** Writes the instructions of one block. */
export class Writer {
  readonly lines: string[] = [];
  private readonly counter: Counter;
  private readonly constants = new Map<string, Value>();
  private readonly indent: string;

  constructor(indent = '    ', counter: Counter = { next: 0 }) {
    this.indent = indent;
    this.counter = counter;
  }

  /** An unused name. */
  fresh(): string {
    return `%${this.counter.next++}`;
  }

  /** An instruction `op` with one result. `attributes` is the text between `<{` and `}>`. */
  emit(
    op: string,
    inputs: readonly Value[],
    shape: Sizes,
    type: ElementType,
    attributes = '',
    regions: readonly string[] = [],
  ): Value {
    const [value] = this.emitAll(op, inputs, [{ shape, type }], attributes, regions);
    return value as Value;
  }

  /** An instruction with several results. */
  emitAll(
    op: string,
    inputs: readonly Value[],
    results: readonly Omit<Value, 'name'>[],
    attributes = '',
    regions: readonly string[] = [],
  ): Value[] {
    const name = this.fresh();
    const own = attributes === '' ? '' : ` <{${attributes}}>`;
    const bodies = regions.length === 0 ? '' : ` (${regions.join(', ')})`;
    const given = inputs.map(typeOf).join(', ');
    const made = results.map(typeOf).join(', ');
    const count = results.length === 1 ? '' : `:${results.length}`;
    this.lines.push(
      `${this.indent}${name}${count} = "${op}"(${inputs.map((x) => x.name).join(', ')})${own}${bodies} : ` +
        `(${given}) -> ${results.length === 1 ? made : `(${made})`}`,
    );
    return results.map(({ shape, type }, k) => ({
      name: results.length === 1 ? name : `${name}#${k}`,
      shape,
      type,
    }));
  }

  /** A block that takes `parameters` and returns the values that `body` returns. */
  region(
    parameters: readonly Omit<Value, 'name'>[],
    body: (w: Writer, xs: Value[]) => readonly Value[],
  ): string {
    const inner = new Writer(`${this.indent}    `, this.counter);
    const xs = parameters.map(({ shape, type }): Value => ({ name: inner.fresh(), shape, type }));
    const results = body(inner, xs);
    const head = xs.map((x) => `${x.name}: ${typeOf(x)}`).join(', ');
    return [
      `{${xs.length === 0 ? '' : `\n${this.indent}  ^bb0(${head}):`}`,
      ...inner.lines,
      `${inner.indent}"stablehlo.return"(${results.map((x) => x.name).join(', ')}) : (${results.map(typeOf).join(', ')}) -> ()`,
      `${this.indent}  }`,
    ].join('\n');
  }

  /** A block that combines two elements with `op`. */
  combiner(op: string, type: ElementType): string {
    const one = { shape: [], type };
    return this.region([one, one], (w, xs) => [w.emit(op, xs, [], type)]);
  }

  /** A number, repeated in a shape. */
  constant(x: number, type: ElementType, shape: Sizes = []): Value {
    const text = literal(x, type);
    const key = `${text} ${type}`;
    let value = this.constants.get(key);
    if (value === undefined) {
      value = this.emit(
        'stablehlo.constant',
        [],
        [],
        type,
        `value = dense<${text}> : tensor<${type}>`,
      );
      this.constants.set(key, value);
    }
    return this.expand(value, shape);
  }

  /** `x` broadcast to `shape` as NumPy does. */
  expand(x: Value, shape: Sizes): Value {
    if (same(x.shape, shape)) return x;
    const lead = shape.length - x.shape.length;
    // A dimension of size 1 that is repeated is not a dimension of the operand.
    const kept = counting(x.shape.length).filter((d) => x.shape[d] === shape[d + lead]);
    const y = this.reshape(
      x,
      kept.map((d) => x.shape[d] as number),
    );
    return this.place(
      y,
      shape,
      kept.map((d) => d + lead),
    );
  }

  /** `x` with dimension `d` as dimension `dims[d]` of `shape`, repeated along the others. */
  place(x: Value, shape: Sizes, dims: Sizes): Value {
    return this.emit(
      'stablehlo.broadcast_in_dim',
      [x],
      shape,
      x.type,
      `broadcast_dimensions = ${list(dims)}`,
    );
  }

  reshape(x: Value, shape: Sizes): Value {
    return same(x.shape, shape) ? x : this.emit('stablehlo.reshape', [x], shape, x.type);
  }

  transpose(x: Value, dims: Sizes): Value {
    const shape = dims.map((d) => x.shape[d] as number);
    return this.emit('stablehlo.transpose', [x], shape, x.type, `permutation = ${list(dims)}`);
  }

  slice(x: Value, start: Sizes, limit: Sizes, step: Sizes): Value {
    const shape = start.map((s, d) =>
      Math.max(0, Math.ceil(((limit[d] as number) - s) / (step[d] as number))),
    );
    return this.emit(
      'stablehlo.slice',
      [x],
      shape,
      x.type,
      `limit_indices = ${list(limit)}, start_indices = ${list(start)}, strides = ${list(step)}`,
    );
  }

  /** The index of each element along a dimension. */
  iota(shape: Sizes, dim: number, type: ElementType = 'i32'): Value {
    return this.emit('stablehlo.iota', [], shape, type, `iota_dimension = ${dim} : i64`);
  }

  /** An element-wise function of operands with the same type and shape. */
  map(op: string, ...xs: Value[]): Value {
    const [x] = xs as [Value];
    return this.emit(op.includes('.') ? op : `stablehlo.${op}`, xs, x.shape, x.type);
  }

  compare(direction: 'EQ' | 'NE' | 'LT' | 'LE' | 'GT' | 'GE', x: Value, y: Value): Value {
    return this.emit(
      'stablehlo.compare',
      [x, y],
      x.shape,
      'i1',
      `comparison_direction = #stablehlo<comparison_direction ${direction}>`,
    );
  }

  select(condition: Value, x: Value, y: Value): Value {
    return this.emit('stablehlo.select', [condition, x, y], x.shape, x.type);
  }

  /** Converts numbers to the nearest values of another type. */
  convert(x: Value, type: ElementType): Value {
    if (x.type === type) return x;
    if (type === 'i1') return this.compare('NE', x, this.constant(0, x.type, x.shape));
    return this.emit('stablehlo.convert', [x], x.shape, type);
  }

  /** Reduces dimensions with `op`. */
  reduce(op: string, x: Value, start: number, dims: Sizes): Value {
    const shape = x.shape.filter((_, d) => !dims.includes(d));
    if (dims.length === 0) return x;
    return this.emit(
      'stablehlo.reduce',
      [x, this.constant(start, x.type)],
      shape,
      x.type,
      `dimensions = ${list(dims)}`,
      [this.combiner(`stablehlo.${op}`, x.type)],
    );
  }
}
