/**
 * @file `chainrule export`: reads what to export from a module of the user's, and writes the files that an exporter returns.
 */
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Tensor } from '@chainrule/autograd';
import { exportModule } from '../module/index.js';
import { WEIGHT_TYPES } from '../onnx/export/weights.js';
import { exportOnnx, type ExportOnnxOptions, type OnnxFiles } from '../index.js';
import { exportStableHLO } from '../stablehlo/index.js';
import { takesModules, writeAll } from './files.js';
import {
  filePath,
  oneOf,
  orNone,
  pathOf,
  readOptions,
  text,
  UsageError,
  whole,
  type Reader,
} from './options.js';
import { readRequest, type ExportRequest } from './exportRequest.js';

const HELP = `Usage: chainrule export TARGET FILE [OPTIONS]

Writes a model in a form that runs elsewhere. TARGET is

  onnx        NAME.onnx, for ONNX Runtime and everything else that reads ONNX
  stablehlo   NAME.mlir, NAME.json, NAME.safetensors and run.py, for XLA: TPUs, many GPUs
  module      NAME.js and NAME.d.ts, a module that runs without the framework

FILE is a JavaScript module whose default export is { f, args }: f is the model, the function or the training step, and args
an array of example tensors; { modules, names, train, dynamic } may follow where the target takes them. FILE can also be an
ONNX file whose inputs have fixed sizes, except in the first dimension.

  --out PATH         the path of NAME, or a folder/ (default: the name of FILE, beside it)
  --export NAME      an export of FILE other than the default
  --opset N          onnx: the version of the operator set
  --external-data    onnx: weights in a separate file
  --replicas N       stablehlo: the number of devices
  --weights HOW      onnx: float32, float16, bfloat16 or int8; module: inline or file
  --wasm WHERE       module: inline or file
  --function NAME    module: the name of the function (default: predict)
  --batch N          module: the largest batch, or none for only the sizes of args
  --dim N            module: the dimension of arguments whose size may differ (default: 0)
  --help             this text

A module is written as NAME.mjs and NAME.d.mts with --out NAME.mjs, or if the package.json of its folder has no "type": "module".

Either all files are written or none.`;

const where = oneOf('inline', 'file');

const table: Readonly<Record<string, Reader>> = {
  '--out': filePath,
  '--export': text,
  '--opset': whole,
  '--external-data': null,
  '--replicas': whole,
  '--weights': oneOf('inline', 'file', ...WEIGHT_TYPES),
  '--wasm': where,
  '--function': text,
  '--batch': orNone(whole),
  '--dim': whole,
  '--help': null,
  '-h': null,
};

/** The options of each target. */
const own: Readonly<Record<string, readonly string[]>> = {
  onnx: ['--opset', '--weights', '--external-data'],
  stablehlo: ['--replicas'],
  module: ['--weights', '--wasm', '--function', '--batch', '--dim'],
};

type Files = Map<string, string | Uint8Array>;

export async function runExport(argv: readonly string[]): Promise<number> {
  const { options, rest } = readOptions(argv, table);
  if (options['--help'] === true || options['-h'] === true) {
    console.log(HELP);
    return 0;
  }
  const [target, word, ...surplus] = rest;
  const allowed = target !== undefined && Object.hasOwn(own, target) ? own[target] : undefined;
  if (target === undefined || allowed === undefined)
    throw new UsageError(
      `expected a target, ${Object.keys(own).join(', ')}; got ${target ?? 'none'}`,
    );
  if (word === undefined)
    throw new UsageError('expected a module file that gives the function to export');
  const file = pathOf(word, 'FILE');
  if (surplus.length > 0) throw new UsageError(`unexpected argument: ${surplus.join(' ')}`);
  for (const name of Object.keys(options)) {
    if (!allowed.includes(name) && name !== '--out' && name !== '--export')
      throw new UsageError(`${name} is not an option of ${target}`);
  }
  const request = await readRequest(
    file,
    (options['--export'] as string | undefined) ?? 'default',
    target,
  );
  const stem = basename(file, extname(file)).replace(/\.export$/, '');
  const given = (options['--out'] as string | undefined) ?? join(dirname(file), stem);
  const path = resolve(/[\\/]$/.test(given) ? join(given, stem) : given);
  const ending = endings[target]?.find((end) => path.endsWith(end)) ?? '';
  const out = path.slice(0, path.length - ending.length);
  const files = write(target, request, { out, ending }, options);
  for (const written of files.keys()) {
    if (written === resolve(file)) throw new Error(`${file} would be overwritten: give --out`);
  }
  await writeAll(files);
  for (const [written, content] of files) console.log(`${written}  ${content.length} bytes`);
  return 0;
}

/** Names may also be `{ inputs, outputs }`, which only ONNX uses; the other targets take the names of inputs. */
function inputsOf(names: unknown): unknown {
  return typeof names === 'object' && names !== null && 'inputs' in names ? names.inputs : names;
}

/** The file extensions of a target's main file. */
const endings: Readonly<Record<string, readonly string[]>> = {
  onnx: ['.onnx'],
  stablehlo: ['.mlir'],
  module: ['.js', '.mjs'],
};

function write(
  target: string,
  request: ExportRequest,
  { out, ending }: { readonly out: string; readonly ending: string },
  options: Readonly<Record<string, unknown>>,
): Files {
  const { f: given, args, modules, names, train, dynamic } = request;
  const f = given as (...xs: Tensor[]) => unknown;
  const named = target === 'onnx' ? names : inputsOf(names);
  // The exporters check these values.
  const common = {
    ...(modules === undefined ? {} : { modules: modules as never }),
    ...(named === undefined ? {} : { names: named as never }),
  };
  const option = (name: string, key: string): Record<string, unknown> =>
    options[name] === undefined ? {} : { [key]: options[name] };
  if (target === 'onnx') {
    const external = options['--external-data'] === true ? `${basename(out)}.onnx.data` : undefined;
    const more: ExportOnnxOptions = {
      ...common,
      ...(dynamic === undefined ? {} : { dynamic: dynamic as never }),
      ...option('--opset', 'opset'),
      ...option('--weights', 'weights'),
      ...(external === undefined ? {} : { externalData: external }),
    };
    const made = exportOnnx(f, args, more) as Uint8Array | OnnxFiles;
    if (made instanceof Uint8Array) return new Map([[`${out}.onnx`, made]]);
    const externalFiles = Object.entries(made.externalData).filter(([, bytes]) => bytes.length > 0);
    return new Map([
      ...externalFiles.map(([name, bytes]): [string, Uint8Array] => [
        join(dirname(out), name),
        bytes,
      ]),
      [`${out}.onnx`, made.model],
    ]);
  }
  if (target === 'stablehlo') {
    const made = exportStableHLO(f, args, {
      ...common,
      ...option('--replicas', 'replicas'),
    });
    return new Map<string, string | Uint8Array>([
      [`${out}.mlir`, made.mlir],
      [`${out}.json`, `${JSON.stringify(made.map, null, 1)}\n`],
      [`${out}.safetensors`, made.state],
      [join(dirname(out), 'run.py'), made.runner],
    ]);
  }
  const made = exportModule(f, args, {
    ...common,
    ...(train === undefined ? {} : { train: train as never }),
    ...option('--weights', 'weights'),
    ...option('--wasm', 'wasm'),
    ...option('--function', 'name'),
    ...(request.batch === undefined ? {} : { batch: request.batch }),
    ...option('--batch', 'batch'),
    ...option('--dim', 'dynamic'),
  });
  const fits = takesModules(dirname(out));
  const isMarked = ending === '' ? !fits : ending === '.mjs';
  if (!fits && !isMarked)
    console.error(
      `chainrule export: Node.js treats ${out}.js as CommonJS, as the nearest package.json has no "type": "module"; ` +
        'call it .mjs to load it there',
    );
  return new Map<string, string | Uint8Array>([
    [`${out}${isMarked ? '.mjs' : '.js'}`, made.js],
    [`${out}${isMarked ? '.d.mts' : '.d.ts'}`, made.types],
    ...(made.wasm === undefined ? [] : [[`${out}.wasm`, made.wasm] as const]),
    ...(made.weights === undefined ? [] : [[`${out}.safetensors`, made.weights] as const]),
  ]);
}
