/**
 * @file The first step of a new process: CPU milliseconds of forward, backward and update, and of the imports before them,
 * each model in its own process. Usage, after a build: `node bench/firstSteps.mjs [rounds]`; prints the median and the
 * minimum.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const models = {
  perceptron: ({ nn, randn }) => {
    const model = new nn.Sequential(new nn.Linear(32, 64), new nn.ReLU(), new nn.Linear(64, 10));
    return { model, x: randn([16, 32]), outputs: (y) => y };
  },
  lstm: ({ nn, randn }) => {
    const model = new nn.LSTM(16, 32, { batchFirst: true });
    return { model, x: randn([8, 50, 16]), outputs: ([y]) => y };
  },
  transformer: ({ nn, randn }) => {
    const layer = () =>
      new nn.TransformerEncoderLayer(64, 4, { dimFeedforward: 256, batchFirst: true });
    const model = new nn.Sequential(layer(), layer(), layer(), layer());
    return { model, x: randn([8, 32, 64]), outputs: (y) => y };
  },
};

const cpu = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

async function once(name) {
  const started = process.cpuUsage();
  const { randn } = await import('@chainrule/autograd');
  const nn = await import('@chainrule/nn');
  const { Adam } = await import('@chainrule/optim');
  const imported = cpu(started);
  const begun = process.cpuUsage();
  const { model, x, outputs } = models[name]({ nn, randn });
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const loss = outputs(model.forward(x)).square().mean();
  loss.backward();
  optimizer.step();
  loss.item();
  console.log(JSON.stringify({ imported, step: cpu(begun) }));
}

const [what = '9'] = process.argv.slice(2);
if (what in models) await once(what);
else
  for (const name of Object.keys(models)) {
    const rounds = Array.from({ length: Number(what) }, () =>
      JSON.parse(spawnSync(process.execPath, [fileURLToPath(import.meta.url), name]).stdout),
    );
    const of = (key) => rounds.map((round) => round[key]).sort((a, b) => a - b);
    const say = (list) => `${list[list.length >> 1].toFixed(1)} (least ${list[0].toFixed(1)})`;
    console.log(`${name}: first step ${say(of('step'))} ms, imports ${say(of('imported'))} ms`);
  }
