/**
 * @file A table of simulated training steps, from two ranks to thousands.
 *
 *     npx ts-node bench/scaling/simulate.ts [--parameters 1e6,1e9] [--compute SECONDS] [--jitter SHARE] [--link fast|ethernet|local|'Open MPI'|MPICH]
 */
import { parseArgs } from 'node:util';
import { simulate } from './model.js';
import { links } from './measured.js';

const { values } = parseArgs({
  options: {
    parameters: { type: 'string', default: '1e6,3e7,1e9' },
    compute: { type: 'string', default: '1' },
    jitter: { type: 'string', default: '0.03' },
    link: { type: 'string', default: 'ethernet' },
  },
});
const link = links[values.link];
if (link === undefined) throw new Error(`--link must be one of ${Object.keys(links).join(', ')}`);
const compute = Number(values.compute);
const counts = values.parameters.split(',').map(Number);
console.log(
  `link ${values.link}, ${compute} s of computation per step and rank: efficiency (seconds per step)`,
);
console.log(['ranks', ...counts.map((n) => n.toExponential(0))].join('\t'));
for (const ranks of [2, 8, 32, 128, 512, 2048, 8192]) {
  const cells = counts.map((parameters) => {
    const jitter = Number(values.jitter);
    const { step } = simulate({
      ranks,
      parameters,
      compute,
      jitter,
      link,
      bucketBytes: 25 * 2 ** 20,
    });
    return `${((100 * compute) / step).toFixed(0)} % (${step.toPrecision(3)})`;
  });
  console.log([String(ranks), ...cells].join('\t'));
}
