/** @file A model as a table: the output, the parameters and the cost of each layer. */
import {
  display,
  kinds,
  passes,
  ChainruleError,
  noGrad,
  readList,
  Tensor,
  zeros,
  type DType,
  type Shape,
  printable,
} from '@chainrule/autograd';
import type { Module } from './module.js';
import { parametersOf, walkModules } from './slots.js';

const shape = kinds.listOf(kinds.size);

interface Row {
  readonly module: Module;
  readonly label: string;
  shape: string;
  readonly parameters: number;
  multiplyAdds: number;
}

export function summarize(
  model: Module,
  inputShape: Shape | readonly Shape[],
  { dtype = 'float32' }: { readonly dtype?: DType },
): string {
  const rows = tree(model);
  record(model, rows, shapesOf(inputShape), dtype);
  const table = [
    ['layer', 'output shape', 'parameters', 'multiply-adds'],
    ...rows.map((r) => [
      r.label,
      r.shape,
      r.parameters === 0 ? '' : count(r.parameters),
      r.multiplyAdds === 0 ? '' : count(r.multiplyAdds),
    ]),
  ];
  const total = model.numParameters();
  const trainable = model.parameters().reduce((n, p) => n + (p.requiresGrad ? p.size : 0), 0);
  const lines = aligned(table);
  const rule = '─'.repeat(Math.max(...lines.map((line) => line.length)));
  return [
    lines[0],
    rule,
    ...lines.slice(1),
    rule,
    `parameters: ${count(total)}, trainable: ${count(trainable)}`,
    `multiply-adds: ${count(rows.reduce((n, r) => n + r.multiplyAdds, 0))}`,
  ].join('\n');
}

/** One row per module, indented by depth; parameters are the module's own. */
function tree(model: Module): Row[] {
  const seen = new Set<unknown>();
  return walkModules(model, true).map(([path, module]) => {
    const depth = path === '' ? 0 : path.split('.').length;
    const name = path.split('.').at(-1) ?? '';
    const own = parametersOf(module).filter(({ value }) => !seen.has(value) && seen.add(value));
    return {
      module,
      label: printable(
        `${'  '.repeat(depth)}${name === '' ? '' : `${name}: `}${module.constructor.name}`,
      ),
      shape: '',
      parameters: own.reduce((n, { value }) => n + value.size, 0),
      multiplyAdds: 0,
    };
  });
}

/** Calls the model once with hooks that record shapes: nothing is evaluated, and no statistics are updated. */
function record(model: Module, rows: readonly Row[], shapes: readonly Shape[], dtype: DType): void {
  const modes = rows.map(({ module }) => module.training);
  const remove = rows.map((row) =>
    row.module.registerForwardHook((module, args, output) => {
      row.shape = shapeText(output);
      const first = firstTensor(output);
      const inputs = args.filter((x): x is Tensor => x instanceof Tensor);
      if (first !== null && inputs.length > 0)
        row.multiplyAdds += module.multiplyAdds(inputs, first);
    }),
  );
  try {
    model.eval();
    const forward = model.forward.bind(model) as unknown as (...inputs: Tensor[]) => unknown;
    noGrad(() => void forward(...shapes.map((shape) => zeros(shape, { dtype }))));
  } finally {
    remove.forEach((f) => f());
    rows.forEach(({ module }, i) => (module.training = modes[i] as boolean));
  }
}

function shapesOf(inputShape: Shape | readonly Shape[]): readonly Shape[] {
  if (passes(shape, inputShape)) return [inputShape];
  if (!passes(kinds.array, inputShape) || typeof inputShape[0] !== 'object') {
    throw new ChainruleError(
      `summary: expected the shape of the input, such as [32, 784], got ${display(inputShape)}`,
    );
  }
  return readList('summary', 'inputShape', inputShape, shape);
}

function shapeText(output: unknown): string {
  if (output instanceof Tensor) return `[${(output as Tensor).shape.join(', ')}]`;
  if (Array.isArray(output)) return output.map(shapeText).filter(Boolean).join(' ');
  return '';
}

function firstTensor(output: unknown): Tensor | null {
  if (output instanceof Tensor) return output;
  return Array.isArray(output) ? firstTensor(output[0]) : null;
}

function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Columns of equal width: text to the left, the two numbers to the right. */
function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2, 3].map((c) => Math.max(...table.map((row) => (row[c] ?? '').length)));
  return table.map((row) =>
    row
      .map((text, c) => (c < 2 ? text.padEnd(widths[c] ?? 0) : text.padStart(widths[c] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
