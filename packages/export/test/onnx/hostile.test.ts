/** @file Malicious files are refused before they do harm, with a reason. */
import { describe, expect, test } from 'vitest';
import { FormatError, tensor, type Tensor } from '@chainrule/autograd';
import { importOnnx, type ImportOnnxOptions } from '@chainrule/export';
import type {
  AttributeProto,
  GraphProto,
  NodeProto,
  TensorProto,
} from '../../src/onnx/schema/protos.js';
import { attribute, fileOf, graph, node, refused, weight } from './files.js';

/** The message when the model runs on two numbers. */
function stopped(bytes: Uint8Array, options?: ImportOnnxOptions): string {
  try {
    importOnnx(bytes, options).run(tensor([1, 2]));
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  throw new Error('it ran');
}

const sound = fileOf({});

test('a sound file runs', () => {
  const [y] = importOnnx(sound).run(tensor([-1, 2])) as [Tensor];
  expect(y.toArray()).toEqual([0, 2]);
});

describe('bytes', () => {
  test('every truncation', () => {
    // Where a field ends the rest may be taken for a file without it: then the graph is missing, or a part of it.
    for (let n = 0; n < sound.length; n++)
      expect(refused(sound.slice(0, n))).toMatch(/^importOnnx: /);
  });
  test.each([
    ['nothing', [], 'there is no graph'],
    ['text', [...new TextEncoder().encode('PK not a model')], 'not an ONNX file, at byte'],
    ['a number that never ends', [0x08, ...Array<number>(11).fill(0xff)], 'more than 64 bits'],
    ['a cut number', [0x08, 0xff], 'ends in the middle'],
    [
      'a length beyond the end',
      [0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f],
      'claims 4294967295 bytes where 0 are left',
    ],
    ['a length of 2^63', [0x3a, ...Array<number>(8).fill(0xff), 0xff, 0x01], 'claims'],
    ['a group', [0x3b], 'wire type 3'],
    ['a graph that is a number', [0x38, 1], 'laid out as wire type 0, not 2'],
    ['a field numbered 0', [0x00, 0x00], 'field numbered 0'],
    ['a name that is no text', [0x12, 2, 0xff, 0xfe], 'not UTF-8'],
  ])('%s', (_, bytes, why) => {
    expect(refused(Uint8Array.from(bytes))).toContain(why);
  });
  test('graphs in graphs', () => {
    let inner = graph({ input: [], node: [node('Relu', ['x'], ['y'])] });
    for (let i = 0; i < 60; i++) {
      const branch = attribute({ name: 'then_branch', type: 5, g: inner });
      inner = graph({ input: [], node: [node('If', ['x'], ['y'], [branch])] });
    }
    expect(refused(fileOf({ node: inner.node }))).toContain(
      'nested deeper than 100 (limits.depth)',
    );
  });
  test('many small parts', () => {
    const many = fileOf({ node: Array.from({ length: 1001 }, () => node('', [], [])) });
    expect(refused(many, { limits: { messages: 1000 } })).toContain(
      'more than 1000 messages (limits.messages)',
    );
  });
  test.each([null, 'model.onnx', {}, [1, 2]])('no bytes: %j', (given) => {
    expect(() => importOnnx(given as never)).toThrow(
      'importOnnx: bytes must be the bytes of a file, a Uint8Array',
    );
  });
  test('unknown options', () => {
    expect(() => importOnnx(sound, { limit: 1 } as never)).toThrow(/importOnnx: .*limit/);
    expect(() => importOnnx(sound, { limits: { bytes: 1 } as never })).toThrow(/bytes/);
  });
});

describe('graphs', () => {
  test.each<[string, Partial<GraphProto>, string]>([
    [
      'a cycle',
      { node: [node('Add', ['x', 'b'], ['a']), node('Relu', ['a'], ['b'])] },
      "reads 'b', which no node before it produces",
    ],
    [
      'an output that nothing gives',
      { output: [{ name: 'z' }] },
      "has the output 'z', which no node produces",
    ],
    [
      'a name twice',
      { node: [node('Relu', ['x'], ['y']), node('Relu', ['x'], ['y'])] },
      "produces 'y', which exists already",
    ],
    [
      'an unknown operator',
      { node: [node('Evil', ['x'], ['y']), node('Worse', ['x'], ['z'], [], 'me')] },
      'unsupported operators: Evil, me.Worse;',
    ],
    [
      'names of objects',
      { node: [node('__proto__', ['x'], ['y']), node('constructor', ['x'], ['z'])] },
      'unsupported operators: __proto__, constructor;',
    ],
    ['a nameless weight', { initializer: [weight({ name: '' })] }, 'nameless'],
    [
      'two attributes of one name',
      {
        node: [
          node(
            'Relu',
            ['x'],
            ['y'],
            [attribute({ name: 'a', type: 2, i: 1 }), attribute({ name: 'a', type: 2, i: 2 })],
          ),
        ],
      },
      "two attributes 'a'",
    ],
  ])('%s', (_, given, why) => {
    expect(refused(fileOf(given))).toContain(why);
  });
  test('without versions', () => {
    expect(refused(fileOf({}, { opsetImport: [] }))).toContain('does not say which version');
  });
  test('a weight called __proto__ is a weight', () => {
    const model = importOnnx(
      fileOf({
        initializer: [weight({ name: '__proto__', dims: [2], floatData: [1, 2] })],
        node: [node('Add', ['x', '__proto__'], ['y'])],
      }),
    );
    expect(Object.keys(model.stateDict())).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['weight0']).toBeUndefined();
    expect((model.run(tensor([1, 1]))[0] as Tensor).toArray()).toEqual([2, 3]);
  });
});

describe('weights', () => {
  test.each<[string, Partial<TensorProto>, string]>([
    ['too few elements', { dims: [3], floatData: [1] }, 'has 1 elements, its shape asks for 3'],
    [
      'too few bytes',
      { dims: [3], rawData: new Uint8Array(8) },
      'has 8 bytes, its shape asks for 12',
    ],
    [
      'more than memory',
      { dims: [2 ** 31, 2 ** 31], rawData: new Uint8Array(8) },
      'more than 536870912 (limits.elements)',
    ],
    ['a negative size', { dims: [-1], floatData: [] }, 'has the shape [-1]'],
    ['an unknown type', { dataType: 99, dims: [1], floatData: [1] }, 'elements of type 99'],
    [
      'text as bytes',
      { dataType: 8, dims: [1], rawData: new Uint8Array(1) },
      'has 0 texts, its shape asks for 1',
    ],
    ['a boolean of 2', { dataType: 9, dims: [1], rawData: Uint8Array.of(2) }, 'neither 0 nor 1'],
  ])('%s', (_, given, why) => {
    expect(refused(fileOf({ initializer: [weight(given)] }))).toContain(why);
  });
  const outside = (location: string, more: Record<string, string> = {}): Uint8Array =>
    fileOf({
      initializer: [
        weight({
          dims: [2],
          dataLocation: 1,
          externalData: Object.entries({ location, ...more }).map(([key, value]) => ({
            key,
            value,
          })),
        }),
      ],
      node: [node('Add', ['x', 'w'], ['y'])],
    });
  test.each([
    '../secret',
    '/etc/passwd',
    'a/../../b',
    'C:\\x',
    '..\\x',
    '%2e%2e/x',
    './x',
    'a//b',
    'file:x',
    'a\u0000b',
    '',
  ])('outside of the folder: %j', (location) => {
    const read: string[] = [];
    const externalData = (name: string): Uint8Array => (read.push(name), new Uint8Array(8));
    expect(refused(outside(location), { externalData })).toContain("outside of the model's folder");
    expect(read).toEqual([]);
  });
  test('in a file beside the model', () => {
    const bytes = new Uint8Array(Float32Array.of(9, 1, 2).buffer);
    const model = importOnnx(outside('w.bin', { offset: '4', length: '8' }), {
      externalData: { 'w.bin': bytes },
    });
    expect((model.run(tensor([1, 1]))[0] as Tensor).toArray()).toEqual([2, 3]);
    expect(refused(outside('w.bin'))).toContain(
      "weights are in 'w.bin', which is not among the externalData",
    );
    expect(refused(outside('toString'), { externalData: {} })).toContain('not among');
    expect(
      refused(outside('w.bin', { offset: '8' }), { externalData: { 'w.bin': bytes } }),
    ).toContain('has 4 bytes');
    expect(
      refused(outside('w.bin', { offset: '-1' }), { externalData: { 'w.bin': bytes } }),
    ).toContain("at the offset '-1'");
    expect(
      refused(outside('w.bin', { offset: '99' }), { externalData: { 'w.bin': bytes } }),
    ).toContain('which has 12');
    expect(refused(outside('w.bin'), { externalData: { 'w.bin': 'abc' as never } })).toContain(
      "the externalData 'w.bin' must be a Uint8Array",
    );
  });
  test('in a file too large for memory, of which parts are read', () => {
    const read: number[] = [];
    const subarray = (begin: number, end: number): Uint8Array => {
      read.push(begin, end);
      return new Uint8Array(Float32Array.of(3, 4).buffer);
    };
    const file = outside('w.bin', { offset: '5000000000', length: '8' });
    const large = { length: 6e9, subarray };
    const model = importOnnx(file, { externalData: () => large });
    expect((model.run(tensor([1, 1]))[0] as Tensor).toArray()).toEqual([4, 5]);
    expect(read).toEqual([5e9, 5e9 + 8]);
    expect(
      refused(file, { externalData: { 'w.bin': { ...large, subarray: () => new Uint8Array(4) } } }),
    ).toContain('does not give its bytes 5000000000 to 5000000008');
  });
});

describe('running', () => {
  const ints = (name: string, data: number[]): TensorProto =>
    weight({ name, dataType: 7, dims: [data.length], int64Data: data });
  test.each(['Gather', 'Where', 'Add', 'Div', 'Mod', 'Equal'])(
    '%s of constants, of which one is missing',
    (op) => {
      const bytes = fileOf({ initializer: [ints('s', [1, 2])], node: [node(op, ['s'], ['y'])] });
      expect(stopped(bytes)).toContain('input 1 is missing');
    },
  );
  test('a result beyond the limits', () => {
    const bytes = fileOf({
      initializer: [ints('s', [100_000, 100_000])],
      node: [node('ConstantOfShape', ['s'], ['y'])],
    });
    expect(stopped(bytes)).toContain('limits.elements');
  });
  const scalar = (name: string, n: number): TensorProto =>
    weight({ name, dataType: 7, dims: [], int64Data: [n] });
  const text = (name: string, s: string): AttributeProto =>
    attribute({ name, type: 3, s: new TextEncoder().encode(s) });
  test.each<[string, TensorProto[], NodeProto]>([
    ['Pad', [ints('p', [0, 2 ** 40])], node('Pad', ['x', 'p'], ['y'], [text('mode', 'reflect')])],
    [
      'Range',
      [scalar('a', 0), scalar('b', 2 ** 28), scalar('c', 1)],
      node('Range', ['a', 'b', 'c'], ['y']),
    ],
    [
      'AffineGrid',
      [
        weight({ name: 't', dims: [1, 2, 3], floatData: [1, 0, 0, 0, 1, 0] }),
        ints('n', [1, 1, 2 ** 20, 2 ** 20]),
      ],
      node('AffineGrid', ['t', 'n'], ['y']),
    ],
    ['HannWindow', [scalar('n', 2 ** 40)], node('HannWindow', ['n'], ['y'])],
    [
      'Resize',
      [ints('s', [2 ** 30])],
      node('Resize', ['x', '', '', 's'], ['y'], [text('mode', 'linear')]),
    ],
  ])('%s beyond what an operator fills itself', (_, initializer, made) => {
    const start = performance.now();
    expect(stopped(fileOf({ initializer, node: [made] }))).toMatch(/limits.elements|there may be/);
    expect(performance.now() - start).toBeLessThan(1000);
  });
  test.each(['Max', 'Min', 'Sum', 'Mean'])('%s of nothing', (op) => {
    expect(stopped(fileOf({ node: [node(op, [], ['y'])] }))).toContain('there are no inputs');
  });
  test('weights for other gates, boxes of three numbers', () => {
    const zeros = (name: string, dims: number[]): TensorProto =>
      weight({ name, dims, floatData: new Array<number>(dims.reduce((a, b) => a * b)).fill(0) });
    const gates = node(
      'LSTM',
      ['i', 'w', 'r'],
      ['y'],
      [attribute({ name: 'hidden_size', type: 2, i: 3 })],
    );
    const initializer = [zeros('i', [2, 1, 2]), zeros('w', [1, 8, 2]), zeros('r', [1, 8, 2])];
    expect(stopped(fileOf({ initializer, node: [gates] }))).toContain('for 4 gates of 3');
    const boxes = [zeros('i', [1, 1, 2, 2]), zeros('b', [1, 3]), ints('n', [0])];
    const align = node('RoiAlign', ['i', 'b', 'n'], ['y']);
    expect(stopped(fileOf({ initializer: boxes, node: [align] }))).toContain('boxes [n, 4]');
  });
  test('a window that asks for a large padding', () => {
    const pool = node(
      'MaxPool',
      ['i'],
      ['y'],
      [
        text('auto_pad', 'SAME_LOWER'),
        attribute({ name: 'kernel_shape', type: 7, ints: [2 ** 20, 2 ** 10] }),
      ],
    );
    const image = weight({ name: 'i', dims: [1, 1, 1, 1], floatData: [1] });
    expect(stopped(fileOf({ initializer: [image], node: [pool] }))).toContain(
      'the result of MaxPool (node 0) of shape [1, 1048576, 1024] has 1073741824 elements, more than 536870912 (limits.elements)',
    );
  });
  test('runs of tokens behind the end of their list', () => {
    const numbers = (name: string, ints: number[]): AttributeProto =>
      attribute({ name, type: 7, ints });
    const number = (name: string, i: number): AttributeProto => attribute({ name, type: 2, i });
    const made = node(
      'TfIdfVectorizer',
      ['n'],
      ['y'],
      [
        text('mode', 'TF'),
        ...[number('min_gram_length', 1), number('max_gram_length', 1)],
        number('max_skip_count', 0),
        ...[numbers('ngram_counts', [0, 2 ** 40]), numbers('ngram_indexes', [0, 1])],
        numbers('pool_int64s', [5, 6]),
      ],
    );
    const file = fileOf({ initializer: [ints('n', [6, 5, 6])], node: [made] });
    expect(
      importOnnx(file)
        .run(tensor([1, 2]))[0]
        ?.toArray(),
    ).toEqual([1, 2]);
  });
  test('places so far away that there is no next integer', () => {
    const float = (name: string, data: number[], dims = [data.length]): TensorProto =>
      weight({ name, dims, floatData: data });
    const crop = node(
      'Resize',
      ['x', 'roi', 's'],
      ['y'],
      [text('mode', 'linear'), text('coordinate_transformation_mode', 'tf_crop_and_resize')],
    );
    const initializer = [float('roi', [1e30, 2e30]), float('s', [1])];
    const start = performance.now();
    const [y] = importOnnx(fileOf({ initializer, node: [crop] })).run(tensor([1, 2])) as [Tensor];
    expect(y.toArray()).toEqual([0, 0]);
    const names = ['mels', 'length', 'rate'];
    const mels = node('MelWeightMatrix', [...names, 'low', 'high'], ['y']);
    const rates = [2, 16, 1].map((n, i) => scalar(names[i] as string, n));
    const bands = [...rates, float('low', [0], []), float('high', [1e30], [])];
    importOnnx(fileOf({ initializer: bands, node: [mels] })).run(tensor([1, 2]));
    expect(performance.now() - start).toBeLessThan(1000);
  });
  test('doubling', () => {
    const nodes = Array.from({ length: 40 }, (_, i) =>
      node(
        'Concat',
        [`v${i}`, `v${i}`],
        [`v${i + 1}`],
        [attribute({ name: 'axis', type: 2, i: 0 })],
      ),
    );
    const bytes = fileOf({
      node: [node('Relu', ['x'], ['v0']), ...nodes],
      output: [{ name: 'v40' }],
    });
    expect(stopped(bytes)).toContain("'v29', which Concat (node 29) gives");
  });
  test('functions that call each other without end', () => {
    const functions = ['f', 'g'].map((name, i) => ({
      name,
      domain: 'me',
      input: ['x'],
      output: ['y'],
      attribute: [],
      attributeProto: [],
      opsetImport: [],
      node: [node(i === 0 ? 'g' : 'f', ['x'], ['y'], [], 'me')],
    }));
    const bytes = fileOf({ node: [node('f', ['x'], ['y'], [], 'me')] }, { functions });
    expect(stopped(bytes)).toContain('deeper than 100 (limits.depth)');
  });
  test('functions that double their work', () => {
    const functions = Array.from({ length: 50 }, (_, i) => ({
      name: `f${i}`,
      domain: 'me',
      input: ['x'],
      output: ['y'],
      attribute: [],
      attributeProto: [],
      opsetImport: [],
      node:
        i === 49
          ? [node('Relu', ['x'], ['y'])]
          : [node(`f${i + 1}`, ['x'], ['a'], [], 'me'), node(`f${i + 1}`, ['a'], ['y'], [], 'me')],
    }));
    const bytes = fileOf({ node: [node('f0', ['x'], ['y'], [], 'me')] }, { functions });
    expect(stopped(bytes, { limits: { steps: 10_000 } })).toContain(
      'more than 10000 nodes (limits.steps)',
    );
  });
  test('a loop without end', () => {
    const body = graph({
      input: [{ name: 'i' }, { name: 'c' }, { name: 'v' }],
      node: [node('Relu', ['v'], ['v1']), node('Identity', ['c'], ['c1'])],
      output: [{ name: 'c1' }, { name: 'v1' }],
    });
    const bytes = fileOf({
      node: [node('Loop', ['', '', 'x'], ['y'], [attribute({ name: 'body', type: 5, g: body })])],
    });
    expect(stopped(bytes, { limits: { iterations: 20 } })).toContain(
      'more than 20 iterations (limits.iterations)',
    );
  });
});
