/**
 * @file `chainrule export`: reads what is to be exported from a file of the user's, and writes what an exporter
 * makes of it.
 */
import { basename, dirname, extname, join, resolve } from 'node:path';
import { exportModule } from '../module/index.js';
import { exportOnnx, type ExportOnnxOptions, type OnnxFiles } from '../index.js';
import { exportStableHLO } from '../stablehlo/index.js';
import { writeAll } from './files.js';
import { oneOf, readOptions, text, UsageError, whole, type Reader } from './options.js';
import { readWanted, type Wanted } from './wanted.js';

const HELP = `Usage: chainrule export TARGET FILE [OPTIONS]

Writes a model for another place to run. TARGET is

  onnx        NAME.onnx, for ONNX Runtime and all that reads ONNX
  stablehlo   NAME.mlir, NAME.json, NAME.safetensors and run.py, for XLA: TPUs, many GPUs
  module      NAME.js and NAME.d.ts, a module that runs without the framework

FILE is a JavaScript module whose default export says what: { f, args }, with f the function or the training step and args
an array of example tensors, and as far as the target takes them { modules, names, train, dynamic }.

  --out PATH         the path of NAME without ending, or a folder/ (default: the name of FILE, beside it)
  --export NAME      another export of FILE than the default one
  --opset N          onnx: the version of the operators
  --external-data    onnx: weights in a file of their own
  --replicas N       stablehlo: how many devices
  --weights WHERE    module: inline or file
  --wasm WHERE       module: inline or file
  --function NAME    module: the name of the function (default: predict)
  --batch N          module: the largest batch
  --help             this text

Nothing is written unless all of it is.`;

const where = oneOf('inline', 'file');

const table: Readonly<Record<string, Reader>> = {
  '--out': text,
  '--export': text,
  '--opset': whole,
  '--external-data': null,
  '--replicas': whole,
  '--weights': where,
  '--wasm': where,
  '--function': text,
  '--batch': whole,
  '--help': null,
  '-h': null,
};

/** What each target takes. */
const own: Readonly<Record<string, readonly string[]>> = {
  onnx: ['--opset', '--external-data'],
  stablehlo: ['--replicas'],
  module: ['--weights', '--wasm', '--function', '--batch'],
};

type Files = Map<string, string | Uint8Array>;

export async function runExport(argv: readonly string[]): Promise<number> {
  const { options, rest } = readOptions(argv, table);
  if (options['--help'] === true || options['-h'] === true) {
    console.log(HELP);
    return 0;
  }
  const [target, file, ...surplus] = rest;
  const allowed = target === undefined ? undefined : own[target];
  if (target === undefined || allowed === undefined)
    throw new UsageError(
      `expected a target, ${Object.keys(own).join(', ')}; got ${target ?? 'none'}`,
    );
  if (file === undefined)
    throw new UsageError('expected a module file that gives the function to export');
  if (surplus.length > 0) throw new UsageError(`one word too many: ${surplus.join(' ')}`);
  for (const name of Object.keys(options)) {
    if (!allowed.includes(name) && name !== '--out' && name !== '--export')
      throw new UsageError(`${name} is not an option of ${target}`);
  }
  const wanted = await readWanted(file, (options['--export'] as string | undefined) ?? 'default');
  const stem = basename(file, extname(file)).replace(/\.export$/, '');
  const given = (options['--out'] as string | undefined) ?? join(dirname(file), stem);
  const out = resolve(/[\\/]$/.test(given) ? join(given, stem) : given);
  const files = write(target, wanted, out, options);
  await writeAll(files);
  for (const [path, content] of files) console.log(`${path}  ${content.length} bytes`);
  return 0;
}

function write(
  target: string,
  wanted: Wanted,
  out: string,
  options: Readonly<Record<string, unknown>>,
): Files {
  const { f, args, modules, names, train, dynamic } = wanted;
  const common = {
    ...(modules === undefined ? {} : { modules }),
    ...(names === undefined ? {} : { names }),
  };
  const option = (name: string, key: string): Record<string, unknown> =>
    options[name] === undefined ? {} : { [key]: options[name] };
  if (target === 'onnx') {
    const external = options['--external-data'] === true ? `${basename(out)}.onnx.data` : undefined;
    const more: ExportOnnxOptions = {
      ...common,
      ...(dynamic === undefined ? {} : { dynamic }),
      ...option('--opset', 'opset'),
      ...(external === undefined ? {} : { externalData: external }),
    };
    const made = exportOnnx(f as never, args, more) as Uint8Array | OnnxFiles;
    if (made instanceof Uint8Array) return new Map([[`${out}.onnx`, made]]);
    const beside = Object.entries(made.externalData);
    return new Map([
      ...beside.map(([name, bytes]): [string, Uint8Array] => [join(dirname(out), name), bytes]),
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
    ...(train === undefined ? {} : { train }),
    ...option('--weights', 'weights'),
    ...option('--wasm', 'wasm'),
    ...option('--function', 'name'),
    ...option('--batch', 'batch'),
  });
  return new Map<string, string | Uint8Array>([
    [`${out}.js`, made.js],
    [`${out}.d.ts`, made.types],
    ...(made.wasm === undefined ? [] : [[`${out}.wasm`, made.wasm] as const]),
    ...(made.weights === undefined ? [] : [[`${out}.safetensors`, made.weights] as const]),
  ]);
}
