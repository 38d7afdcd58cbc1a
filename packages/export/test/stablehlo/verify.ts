/** @file A verifier of exported programs: names are defined once and before they are used, and types fit, by StableHLO's rules. */

interface Type {
  readonly shape: readonly number[];
  readonly element: string;
}

interface Op {
  readonly op: string;
  readonly inputs: readonly Type[];
  readonly results: readonly Type[];
  readonly attributes: string;
}

function parseType(text: string): Type {
  const match = /^tensor<((?:\d+x)*)(\w+|complex<\w+>)>$/.exec(text.trim());
  if (match === null) throw new Error(`no type: ${text}`);
  const shape = (match[1] as string).split('x').filter(Boolean).map(Number);
  return { shape, element: match[2] as string };
}

const show = ({ shape, element }: Type): string => `tensor<${[...shape, element].join('x')}>`;
const types = (text: string): Type[] =>
  [...text.matchAll(/tensor<[^<>]*(?:<\w+>)?>/g)].map(([t]) => parseType(t));

/** Numbers of an attribute: `name = array<i64: 1, 2>` or `name = [1, 2]`. */
function numbers(attributes: string, name: string): number[] {
  const match = new RegExp(`${name} = (?:array<i64(?:: )?|\\[)([^>\\]]*)[>\\]]`).exec(attributes);
  if (match === null) throw new Error(`no ${name} in ${attributes}`);
  return (match[1] as string)
    .split(',')
    .filter((x) => x.trim() !== '')
    .map(Number);
}

/** Pairs: `padding = dense<[[0, 1], [2, 3]]>`. */
function pairs(attributes: string): [number, number][] {
  const match = /padding = dense<(\[\[.*?\]\])>/.exec(attributes);
  return match === null ? [] : (JSON.parse(match[1] as string) as [number, number][]);
}

function assert(fact: boolean, what: string): void {
  if (!fact) throw new Error(what);
}

const MAPS =
  /^(stablehlo\.(add|subtract|multiply|divide|power|maximum|minimum|and|or|xor|not|negate|abs|sign|exponential|exponential_minus_one|log|log_plus_one|sqrt|rsqrt|tanh|floor|ceil|round_nearest_even|sine|cosine|tan|logistic|atan2|remainder|shift_left|shift_right_logical|shift_right_arithmetic|optimization_barrier)|chlo\.\w+)$/;

/** What the result of one instruction must be. */
function checkOp({ op, inputs, results, attributes }: Op): void {
  const [x, y] = inputs as [Type, Type];
  const [out] = results as [Type];
  const all = (shape: readonly number[], element: string): void =>
    assert(
      show(out) === show({ shape, element }),
      `${op}: ${show(out)} is not ${show({ shape, element })}`,
    );
  if (MAPS.test(op)) {
    for (const input of inputs)
      assert(show(input) === show(out), `${op}: ${show(input)} to ${show(out)}`);
    return;
  }
  const window = (
    size: number,
    k: number,
    dilation: number,
    stride: number,
    base: number,
    [low, high]: [number, number],
  ): number =>
    Math.floor(((size - 1) * base + 1 + low + high - ((k - 1) * dilation + 1)) / stride) + 1;
  switch (op) {
    case 'stablehlo.compare':
      assert(show(x) === show(y), `${op}: ${show(x)} and ${show(y)}`);
      return all(x.shape, 'i1');
    case 'stablehlo.select':
      assert(
        show(y) === show(inputs[2] as Type) && x.element === 'i1',
        `${op}: ${inputs.map(show).join()}`,
      );
      assert(x.shape.join() === y.shape.join(), `${op}: ${inputs.map(show).join()}`);
      return all(y.shape, y.element);
    case 'stablehlo.convert':
    case 'stablehlo.is_finite':
      return all(x.shape, op === 'stablehlo.convert' ? out.element : 'i1');
    case 'stablehlo.constant':
      assert(!/<-.*tensor<ui/.test(attributes), `${op}: ${attributes}`);
      return assert(attributes.endsWith(show(out)), `${op}: ${attributes}`);
    case 'stablehlo.reshape':
      assert(
        x.shape.reduce((a, b) => a * b, 1) === out.shape.reduce((a, b) => a * b, 1),
        `${op}: ${show(x)} to ${show(out)}`,
      );
      return all(out.shape, x.element);
    case 'stablehlo.transpose':
      return all(
        numbers(attributes, 'permutation').map((d) => x.shape[d] as number),
        x.element,
      );
    case 'stablehlo.broadcast_in_dim': {
      const dims = numbers(attributes, 'broadcast_dimensions');
      assert(dims.length === x.shape.length, `${op}: ${attributes}`);
      dims.forEach((d, k) =>
        assert(x.shape[k] === out.shape[d], `${op}: ${show(x)} to ${show(out)}`),
      );
      return all(out.shape, x.element);
    }
    case 'stablehlo.slice': {
      const [start, limit, step] = ['start_indices', 'limit_indices', 'strides'].map((n) =>
        numbers(attributes, n),
      ) as [number[], number[], number[]];
      limit.forEach((l, d) =>
        assert(
          l <= (x.shape[d] as number) && (start[d] as number) >= 0,
          `${op}: ${attributes} of ${show(x)}`,
        ),
      );
      return all(
        start.map((s, d) => Math.ceil(((limit[d] as number) - s) / (step[d] as number))),
        x.element,
      );
    }
    case 'stablehlo.pad': {
      const [low, high, inner] = ['edge_padding_low', 'edge_padding_high', 'interior_padding'].map(
        (n) => numbers(attributes, n),
      ) as [number[], number[], number[]];
      return all(
        x.shape.map(
          (n, d) => n + (n - 1) * (inner[d] as number) + (low[d] as number) + (high[d] as number),
        ),
        x.element,
      );
    }
    case 'stablehlo.concatenate': {
      const dim = Number(/dimension = (\d+)/.exec(attributes)?.[1]);
      return all(
        x.shape.map((n, d) =>
          d === dim ? inputs.reduce((a, i) => a + (i.shape[d] as number), 0) : n,
        ),
        x.element,
      );
    }
    case 'stablehlo.reduce': {
      const dims = numbers(attributes, 'dimensions');
      return all(
        x.shape.filter((_, d) => !dims.includes(d)),
        x.element,
      );
    }
    case 'stablehlo.reduce_window': {
      const of = (name: string): number[] =>
        attributes.includes(`${name} =`) ? numbers(attributes, name) : x.shape.map(() => 1);
      const [k, dilation, stride, base] = [
        'window_dimensions',
        'window_dilations',
        'window_strides',
        'base_dilations',
      ].map(of) as [number[], number[], number[], number[]];
      const padding = pairs(attributes);
      return all(
        x.shape.map((n, d) =>
          window(
            n,
            k[d] as number,
            dilation[d] as number,
            stride[d] as number,
            base[d] as number,
            padding[d] as [number, number],
          ),
        ),
        x.element,
      );
    }
    case 'stablehlo.dot_general': {
      const [lb, rb, lc, rc] = [
        'lhs_batching_dimensions',
        'rhs_batching_dimensions',
        'lhs_contracting_dimensions',
        'rhs_contracting_dimensions',
      ].map((n) => numbers(attributes, n)) as [number[], number[], number[], number[]];
      lc.forEach((d, k) =>
        assert(
          x.shape[d] === y.shape[rc[k] as number],
          `${op}: ${show(x)} × ${show(y)}: ${attributes}`,
        ),
      );
      lb.forEach((d, k) =>
        assert(
          x.shape[d] === y.shape[rb[k] as number],
          `${op}: ${show(x)} × ${show(y)}: ${attributes}`,
        ),
      );
      const rest = (t: Type, used: number[]): number[] =>
        t.shape.filter((_, d) => !used.includes(d));
      return all(
        [
          ...lb.map((d) => x.shape[d] as number),
          ...rest(x, [...lb, ...lc]),
          ...rest(y, [...rb, ...rc]),
        ],
        x.element,
      );
    }
    case 'stablehlo.convolution': {
      const [lhs, rhs, res] = (/conv<\[(.*?)\]x\[(.*?)\]->\[(.*?)\]>/.exec(attributes) ?? [])
        .slice(1)
        .map((t) => t.split(', ')) as [string[], string[], string[]];
      const groups = Number(/feature_group_count = (\d+)/.exec(attributes)?.[1]);
      const batches = Number(/batch_group_count = (\d+)/.exec(attributes)?.[1]);
      const size = (t: Type, names: string[], n: string): number =>
        t.shape[names.indexOf(n)] as number;
      assert(
        size(x, lhs, 'f') === size(y, rhs, 'i') * groups,
        `${op}: features of ${show(x)} and ${show(y)}`,
      );
      assert(size(y, rhs, 'o') % (groups * batches) === 0, `${op}: outputs of ${show(y)}`);
      const [stride, base, dilation] = ['window_strides', 'lhs_dilation', 'rhs_dilation'].map((n) =>
        numbers(attributes, n),
      ) as [number[], number[], number[]];
      const padding = pairs(attributes);
      return all(
        res.map((n) => {
          if (n === 'b') return size(x, lhs, 'b') / batches;
          if (n === 'f') return size(y, rhs, 'o');
          const d = Number(n);
          return window(
            size(x, lhs, n),
            size(y, rhs, n),
            dilation[d] as number,
            stride[d] as number,
            base[d] as number,
            padding[d] as [number, number],
          );
        }),
        x.element,
      );
    }
    case 'stablehlo.all_reduce':
    case 'stablehlo.reverse':
      return all(x.shape, x.element);
    case 'stablehlo.while':
      return assert(inputs.map(show).join() === results.map(show).join(), `${op}: carries differ`);
    case 'stablehlo.dynamic_update_slice':
    case 'stablehlo.scatter':
      return all(x.shape, x.element);
    case 'stablehlo.dynamic_slice':
      return all(numbers(attributes, 'slice_sizes'), x.element);
    case 'stablehlo.bitcast_convert':
      assert(show(x).slice(-2) === show(out).slice(-2), `${op}: ${show(x)} to ${show(out)}`);
      return all(x.shape, out.element);
    case 'stablehlo.complex':
      return all(x.shape, `complex<${x.element}>`);
    case 'stablehlo.real':
    case 'stablehlo.imag':
      return all(x.shape, x.element.slice('complex<'.length, -1));
    case 'stablehlo.fft': {
      const [n = 0] = numbers(attributes, 'fft_length');
      const kind = /fft_type (\w+)/.exec(attributes)?.[1] ?? '';
      const half = Math.floor(n / 2) + 1;
      assert(
        x.shape.at(-1) === (kind === 'IRFFT' ? half : n),
        `${op}: ${attributes} of ${show(x)}`,
      );
      assert(x.element.startsWith('complex') === (kind !== 'RFFT'), `${op}: ${kind} of ${show(x)}`);
      return all([...x.shape.slice(0, -1), kind === 'RFFT' ? half : n], out.element);
    }
    case 'stablehlo.gather':
    case 'stablehlo.iota':
    case 'stablehlo.sort':
    case 'stablehlo.case':
    case 'stablehlo.replica_id':
    case 'stablehlo.cholesky':
    case 'stablehlo.triangular_solve':
      return;
    default:
      throw new Error(`${op} is not known`);
  }
}

/** Throws for the first thing that is wrong with a program; returns how often each instruction is in it. */
export function verify(mlir: string): Map<string, number> {
  const found = new Map<string, number>();
  const scopes: Map<string, Type>[] = [new Map<string, Type>()];
  /** Instructions whose regions are being read. */
  const open: { head: RegExpExecArray; returned: Type[][]; blocks: Type[][] }[] = [];
  const look = (name: string): Type => {
    for (let k = scopes.length - 1; k >= 0; k--) {
      const type = scopes[k]?.get(name);
      if (type !== undefined) return type;
    }
    throw new Error(`${name} is not defined`);
  };
  const define = (name: string, type: Type): void => {
    assert(
      scopes.every((scope) => !scope.has(name)),
      `${name} is defined twice`,
    );
    scopes.at(-1)?.set(name, type);
  };
  const finish = (
    head: RegExpExecArray,
    tail: string,
    regions?: { returned: Type[][]; blocks: Type[][] },
  ): void => {
    const [, name = '', op = '', given = '', attributes = ''] = head;
    const at = tail.lastIndexOf(') -> ');
    const inputs = types(tail.slice(0, at));
    const results = types(tail.slice(at + 4));
    const names = given.split(', ').filter(Boolean);
    assert(
      names.length === inputs.length,
      `${op}: ${names.length} operands, ${inputs.length} types`,
    );
    names.forEach((n, k) =>
      assert(
        show(look(n)) === show(inputs[k] as Type),
        `${op}: ${n} is ${show(look(n))}, not ${show(inputs[k] as Type)}`,
      ),
    );
    checkOp({ op, inputs, results, attributes });
    const text = (list: readonly Type[]): string => list.map(show).join();
    if (op === 'stablehlo.case')
      for (const back of regions?.returned ?? [])
        assert(text(back) === text(results), `${op}: a branch returns ${text(back)}`);
    if (op === 'stablehlo.while') {
      assert(text(regions?.returned[0] ?? []) === 'tensor<i1>', `${op}: the condition`);
      assert(
        text(regions?.returned[1] ?? []) === text(results),
        `${op}: the body returns ${text(regions?.returned[1] ?? [])}`,
      );
      for (const block of regions?.blocks ?? [])
        assert(text(block) === text(inputs), `${op}: the block takes ${text(block)}`);
    }
    found.set(op, (found.get(op) ?? 0) + 1);
    if (results.length === 1) define(name, results[0] as Type);
    else results.forEach((t, k) => define(`${name}#${k}`, t));
  };
  for (const line of mlir.split('\n')) {
    const text = line.trim();
    if (text === '' || text.startsWith('//') || text.startsWith('module') || text === '}') continue;
    const main = /^func\.func public @main\((.*?)\) -> \((.*)\) \{$/.exec(text);
    if (main !== null) {
      for (const [, name, type] of (main[1] as string).matchAll(/(%\w+): (tensor<[^>]*>)/g))
        define(name as string, parseType(type as string));
      open.push({ head: main, returned: [types(main[2] as string)], blocks: [] });
      continue;
    }
    const block = /^\^bb0\((.*)\):$/.exec(text);
    if (block !== null) {
      const list: Type[] = [];
      for (const [, name, type] of (block[1] as string).matchAll(/(%\w+): (tensor<[^>]*>)/g)) {
        define(name as string, parseType(type as string));
        list.push(parseType(type as string));
      }
      open.at(-1)?.blocks.push(list);
      continue;
    }
    const back = /^"(?:stablehlo|func)\.return"\((.*?)\) : \((.*)\) -> \(\)$/.exec(text);
    if (back !== null) {
      const given = types(back[2] as string);
      (back[1] as string)
        .split(', ')
        .filter(Boolean)
        .forEach((n, k) => assert(show(look(n)) === show(given[k] as Type), `return: ${n}`));
      if (open.length === 1)
        assert(
          open[0]?.returned[0]?.map(show).join() === given.map(show).join(),
          'main returns other types than it says',
        );
      else open.at(-1)?.returned.push(given);
      continue;
    }
    const end = /^\}(\)|, \{)(?: : (.*))?$/.exec(text);
    if (end !== null) {
      scopes.pop();
      if (end[1] !== ')') scopes.push(new Map());
      else {
        const { head, ...regions } = open.pop() as (typeof open)[number];
        finish(head, end[2] as string, regions);
      }
      continue;
    }
    const head =
      /^(%\w+)(?::\d+)? = "([\w.]+)"\((.*?)\)(?: <\{(.*?)\}>)?( \(\{)?(?: : (.*))?$/.exec(text);
    if (head === null) throw new Error(`cannot read: ${text}`);
    if (head[5] !== undefined) {
      open.push({ head, returned: [], blocks: [] });
      scopes.push(new Map());
    } else finish(head, head[6] as string);
  }
  return found;
}
