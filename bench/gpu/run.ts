/**
 * @file The benchmark on WebGPU, in one command: products, attention and training steps on the device that is there, and
 * what a step costs the CPU to issue.
 *
 *     npm run bench:gpu                  # the GPU of this machine, or SwiftShader
 *     npm run bench:gpu -- --null        # no device at all: the cost of issuing alone
 *     npm run bench:gpu -- --quick       # small sizes, a few rounds: a dry run
 *
 * Needs the npm package `webgpu`, here or in the folder that CHAINRULE_WEBGPU_PACKAGE names.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  deviceInfo,
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
    // One measurement, in the process that is started for it.
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

/** One line of the result: numbers by name. */
function tell(name: string, figures: Readonly<Record<string, number | string>>): void {
  if (values.json) return console.log(JSON.stringify({ name, ...figures }));
  const text = Object.entries(figures).map(
    ([key, x]) => `${key} ${typeof x === 'number' ? Number(x.toPrecision(4)) : x}`,
  );
  console.log(`${name.padEnd(28)} ${text.join('  ')}`);
}

const ROUNDS = values.quick ? 3 : 7;

/** The median seconds of one run of `f`, many in a row, each row waited for. */
async function seconds(f: () => Tensor, rows = values.quick ? 2 : 20): Promise<number> {
  for (let i = 0; i < 3; i++) await f().data();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let last: Tensor | null = null;
    for (let i = 0; i < rows; i++) last = f();
    await last?.data();
    times.push((performance.now() - start) / rows / 1000);
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1] as number;
}

/** What a training step costs the CPU, and what it gives the device to do. */
async function issuing(name: string, mode: Mode, step: () => Tensor): Promise<void> {
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
      tell(`${name} ${mode}`, { 'ms a step': 1000 * (await seconds(step)) });
    };
  }
}
for (const n of values.quick ? [128] : [1024, 2048, 4096, 8192]) {
  measurements[`matmul-${n}`] = async () => {
    const [a, b] = [randn([n, n]), randn([n, n])];
    const t = await seconds(() => noGrad(() => a.matmul(b)), values.quick ? 2 : 5);
    tell(`matmul-${n}`, { ms: 1000 * t, 'GFLOP/s': (2 * n ** 3) / t / 1e9 });
  };
}
measurements['attention'] = async () => {
  const shape = values.quick ? [1, 2, 32, 16] : [1, 16, 1024, 64];
  const [q, k, v] = [randn(shape), randn(shape), randn(shape)];
  const t = await seconds(() => noGrad(() => scaledDotProductAttention(q, k, v)));
  tell(`attention ${shape.join('×')}`, { ms: 1000 * t });
};

async function measure(name: string): Promise<void> {
  await setDevice('webgpu');
  manualSeed(1);
  await measurements[name]?.();
  process.exit(0);
}

/** Each in a process of its own: what one has left behind is no part of the next. */
async function measureAll(): Promise<void> {
  await setDevice('webgpu');
  tell('device', { name: deviceInfo('webgpu').description });
  const script = fileURLToPath(import.meta.url);
  for (const name of Object.keys(measurements)) {
    const small = !values.quick || !name.startsWith('train/') || /mlp-(tiny|small)/.test(name);
    if (!name.includes(values.filter) || !small || (values.null && !name.startsWith('train/')))
      continue;
    // The options of this process say that ts-node runs it.
    const args = [...process.execArgv, script, ...process.argv.slice(2), '--one', name];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0) tell(name, { error: `the process ended with ${String(status)}` });
  }
  process.exit(0);
}

await (values.one === undefined ? measureAll() : measure(values.one));
