/**
 * @file The benchmark on WebGPU, in one command: products, attention and training steps on the available device, and the CPU
 * time that a step takes to issue.
 *
 *     npm run bench:gpu                  # the GPU of this machine, or SwiftShader
 *     npm run bench:gpu -- --null        # no device at all: the cost of issuing alone
 *     npm run bench:gpu -- --quick       # small sizes, a few rounds: a dry run
 *     PYTHON=python3 npm run bench:gpu   # beside PyTorch on CUDA
 *
 * Needs the npm package `webgpu`, here or in the folder that CHAINRULE_WEBGPU_PACKAGE names.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  conv2d,
  deviceInfo,
  evaluate,
  grad,
  manualSeed,
  memoryUsage,
  noGrad,
  randn,
  scaledDotProductAttention,
  setDevice,
  type Tensor,
} from '@chainrule/autograd';
import { trainings, type Mode } from '../workloads.js';

const { values } = parseArgs({
  options: {
    null: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    filter: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    // Runs one measurement, in the process that was started for it.
    one: { type: 'string' },
  },
});
const { env } = process;
env['CHAINRULE_WEBGPU_PACKAGE'] ??= fileURLToPath(
  new URL('../../packages/autograd/test-webgpu', import.meta.url),
);
const SOFTWARE = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (values.null) env['CHAINRULE_WEBGPU'] = 'backend=null';
else if (existsSync(SOFTWARE) && !existsSync('/usr/share/vulkan/icd.d')) {
  env['VK_DRIVER_FILES'] ??= SOFTWARE;
  env['CHAINRULE_WEBGPU'] ??= 'enable-dawn-features=disable_workgroup_init';
}

type Figures = Readonly<Record<string, number | string>>;

/** One measurement: numbers by name. */
interface Line {
  readonly name: string;
  readonly figures: Figures;
}

/** PyTorch's milliseconds, by the name of the measurement. */
const peer = new Map<string, number>();

function tell(name: string, figures: Figures): void {
  // The parent process prints it.
  console.log(JSON.stringify({ name, figures } satisfies Line));
}

function print({ name, figures }: Line): void {
  const ms = peer.get(name.replace(/ (compiled|eager)$/, ''));
  const own = figures['ms'];
  const beside =
    ms === undefined || typeof own !== 'number' ? {} : { PyTorch: ms, 'times PyTorch': own / ms };
  const all: Figures = { ...figures, ...beside };
  if (values.json) return console.log(JSON.stringify({ name, ...all }));
  const text = Object.entries(all).map(
    ([key, x]) => `${key} ${typeof x === 'number' ? Number(x.toPrecision(4)) : x}`,
  );
  console.log(`${name.padEnd(28)} ${text.join('  ')}`);
}

/** The JSON lines that a program prints; null if it failed. */
function linesOf(program: string, args: readonly string[]): unknown[] | null {
  const { status, stdout } = spawnSync(program, args, {
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) return null;
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): unknown => JSON.parse(line));
}

const ROUNDS = values.quick ? 3 : 7;

/** Waits until a value is computed, by reading one element. */
async function waitFor(x: Tensor): Promise<void> {
  await noGrad(() => x.shape.reduce<Tensor>((y) => y.select(0, 0), x)).data();
}

/** The median seconds of one run of `f`: several runs in a row, then one wait. */
async function seconds(f: () => Tensor, rows = values.quick ? 2 : 20): Promise<number> {
  // Until the engine has compiled the JavaScript code, too.
  for (let i = 0; i < (values.quick ? 3 : 30); i++) await waitFor(f());
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let last: Tensor | null = null;
    for (let i = 0; i < rows; i++) evaluate((last = f()));
    if (last !== null) await waitFor(last);
    times.push((performance.now() - start) / rows / 1000);
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1] as number;
}

/** The CPU time of a training step, and the work that it gives the device. */
async function issuing(name: string, mode: Mode, step: () => Tensor): Promise<void> {
  const { forms } = memoryUsage();
  for (let i = 0; i < 5; i++) await step().data();
  const before = memoryUsage();
  const cpu = process.cpuUsage();
  const steps = values.quick ? 20 : 300;
  for (let i = 0; i < steps; i++) await step().data();
  const { user, system } = process.cpuUsage(cpu);
  const after = memoryUsage();
  tell(`issue ${name} ${mode}`, {
    'CPU ms a step': (user + system) / 1000 / steps,
    dispatches: (after.dispatches - before.dispatches) / steps,
    submits: (after.submits - before.submits) / steps,
    pipelines: after.forms - forms,
    'device MiB': after.deviceBytes / 2 ** 20,
  });
}

/** All measurements by name. */
const measurements: Record<string, () => Promise<void>> = {};
for (const [name, make] of Object.entries(trainings)) {
  for (const mode of ['compiled', 'eager'] as const) {
    measurements[`${name} ${mode}`] = async () => {
      const step = make(mode);
      if (values.null) return issuing(name, mode, step);
      tell(`${name} ${mode}`, { ms: 1000 * (await seconds(step)) });
    };
  }
}
for (const n of values.quick ? [128] : [1024, 2048, 4096, 8192]) {
  measurements[`matmul-${n}`] = async () => {
    const [a, b] = [randn([n, n]), randn([n, n])];
    evaluate(a, b);
    const t = await seconds(() => noGrad(() => a.matmul(b)), n > 4096 ? 1 : 5);
    tell(`matmul-${n}`, { ms: 1000 * t, 'GFLOP/s': (2 * n ** 3) / t / 1e9 });
  };
}
/** Measures an operation on random tensors, with its gradients if `grads` is set. */
function operation(
  name: string,
  shapes: readonly (readonly number[])[],
  f: (...xs: [Tensor, Tensor, Tensor]) => Tensor,
  grads = false,
): void {
  measurements[name] = async () => {
    const xs = shapes.map((shape) => randn(shape, { requiresGrad: grads })) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    evaluate(...xs);
    const run = (): Tensor => {
      if (!grads) return noGrad(() => f(...xs));
      const [first, ...others] = grad(f(...xs).sum(), xs) as [Tensor, ...Tensor[]];
      evaluate(first, ...others);
      return first;
    };
    tell(name, { ms: 1000 * (await seconds(run)) });
  };
}
const heads = values.quick ? [1, 2, 32, 16] : [1, 16, 1024, 64];
const images = values.quick ? [2, 8, 8, 8] : [32, 64, 56, 56];
const filters = values.quick ? [8, 8, 3, 3] : [64, 64, 3, 3];
const matrix = values.quick ? [64, 64] : [4096, 1024];
const conv = (x: Tensor, w: Tensor): Tensor => conv2d(x, w, { padding: 1 });
const attention = (q: Tensor, k: Tensor, v: Tensor): Tensor => scaledDotProductAttention(q, k, v);
for (const grads of [false, true]) {
  const end = grads ? '-grad' : '';
  operation(`attention${end}`, [heads, heads, heads], attention, grads);
  operation(`conv2d${end}`, [images, filters], conv, grads);
}
operation('add', [matrix, matrix], (a, b) => a.add(b));
operation('softmax', [matrix], (a) => a.softmax(1));
operation('sum', [matrix], (a) => a.sum());

/**
 * The null device copies nothing: its buffers are created with zeros, so that reading them looks as if no kernel had failed.
 */
function zeroed(): void {
  interface Device {
    createBuffer(options: { size: number; usage: number }): { unmap(): void };
  }
  const device = deviceInfo('webgpu').gpuDevice as Device;
  const create = device.createBuffer.bind(device);
  device.createBuffer = (options) => {
    const buffer = create({ ...options, mappedAtCreation: true } as typeof options);
    buffer.unmap();
    return buffer;
  };
}

async function measure(name: string): Promise<void> {
  await setDevice('webgpu');
  if (values.null) zeroed();
  manualSeed(1);
  await measurements[name]?.();
  process.exit(0);
}

/** Each measurement in its own process, so that none affects the next. */
async function measureAll(): Promise<void> {
  await setDevice('webgpu');
  print({ name: 'device', figures: { name: deviceInfo('webgpu').description } });
  const python = env['PYTHON'];
  if (python !== undefined) {
    const program = fileURLToPath(new URL('../peers/torchGpuPeer.py', import.meta.url));
    const lines = linesOf(python, [program, '--filter', values.filter]);
    for (const line of (lines ?? []) as { name: string; ms?: number }[])
      if (line.ms !== undefined) peer.set(line.name, line.ms);
  }
  const script = fileURLToPath(import.meta.url);
  for (const name of Object.keys(measurements)) {
    const small = !values.quick || !name.startsWith('train/') || /mlp-(tiny|small)/.test(name);
    if (!name.includes(values.filter) || !small || (values.null && !name.startsWith('train/')))
      continue;
    // The options of this process, which make it run by ts-node.
    const args = [...process.execArgv, script, ...process.argv.slice(2), '--one', name];
    const lines = linesOf(process.execPath, args);
    if (lines === null) print({ name, figures: { error: 'its process failed' } });
    else for (const line of lines) print(line as Line);
  }
  process.exit(0);
}

await (values.one === undefined ? measureAll() : measure(values.one));
