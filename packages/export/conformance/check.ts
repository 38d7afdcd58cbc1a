/**
 * @file Runs every exported case in onnxruntime-node and onnxruntime-web at three sizes, and compares the results with the
 * library's. `npm run onnx:check` first installs both here, outside of the workspace.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { flattenTree, type Tensor } from '@chainrule/autograd';
import { exportOnnx } from '@chainrule/export';
import { Module } from '@chainrule/nn';
import { exportCases, type ExportCase } from '../test/onnx/cases/index.js';

/** The parts of onnxruntime that are used. */
interface Runtime {
  readonly env: { logLevel?: string };
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: object): Promise<Session>;
  };
  readonly Tensor: new (type: string, data: unknown, shape: readonly number[]) => OrtTensor;
}
interface OrtTensor {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
}
interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
}

const TYPES = { float32: 'float32', float64: 'float64', int32: 'int32', bool: 'bool' } as const;
const OPSETS = [17, 20, 23];
const TOLERANCE = 1e-5;

const require = createRequire(import.meta.url);
async function load(name: string): Promise<Runtime> {
  const loaded = (await import(pathToFileURL(require.resolve(name)).href)) as Runtime & {
    default?: Runtime;
  };
  return loaded.default ?? loaded;
}

function wanted({ f, args }: ExportCase, n: number): Tensor[] {
  const call = f instanceof Module ? (...xs: Tensor[]) => f.eval().forward(...(xs as never[])) : f;
  return flattenTree(call(...args(n))).leaves;
}

function difference(found: OrtTensor | undefined, right: Tensor): number {
  if (found === undefined || found.dims.join() !== right.shape.join()) return Infinity;
  const data = right.dataSync();
  return Math.max(
    0,
    ...Array.from(data, (x, i) => {
      const y = Number(found.data[i]);
      return Object.is(x, y) ? 0 : Math.abs(x - y) / (1 + Math.abs(x));
    }),
  );
}

async function check(runtime: Runtime, given: ExportCase, opset: number): Promise<number> {
  const names =
    typeof given.batch === 'object' && given.batch !== null ? Object.keys(given.batch) : [];
  const dynamic = given.batch === null ? {} : { size: given.batch };
  const bytes = exportOnnx(given.f as never, given.args(2), { names, dynamic, opset });
  const session = await runtime.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  let worst = 0;
  for (const n of [1, 2, 7]) {
    const feeds: Record<string, OrtTensor> = {};
    given.args(n).forEach((x, i) => {
      feeds[session.inputNames[i] as string] = new runtime.Tensor(
        TYPES[x.dtype],
        x.dataSync(),
        x.shape,
      );
    });
    const outputs = await session.run(feeds);
    wanted(given, n).forEach((y, i) => {
      worst = Math.max(worst, difference(outputs[session.outputNames[i] as string], y));
    });
  }
  return worst;
}

for (const name of ['onnxruntime-node', 'onnxruntime-web']) {
  const runtime = await load(name);
  runtime.env.logLevel = 'error';
  let [ran, failed, worst] = [0, 0, 0];
  for (const opset of OPSETS) {
    // The web build has the same kernels, so one version of the operators is enough there.
    if (name === 'onnxruntime-web' && opset !== 20) continue;
    for (const given of exportCases) {
      if ((given.since ?? 17) > opset) continue;
      ran++;
      try {
        const far = await check(runtime, given, opset);
        if (far <= TOLERANCE) worst = Math.max(worst, far);
        else {
          failed++;
          console.log(`${name}, opset ${opset}: ${given.name} differs by ${far.toExponential(1)}`);
        }
      } catch (error) {
        failed++;
        console.log(
          `${name}, opset ${opset}: ${given.name}: ${String((error as Error).message).slice(0, 300)}`,
        );
      }
    }
  }
  console.log(`${name}: ${ran - failed} of ${ran} right, at most ${worst.toExponential(1)} away`);
  if (failed > 0) process.exitCode = 1;
}
