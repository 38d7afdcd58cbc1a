/** @file The manifest for Kubernetes is valid for the MPI operator. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mpiJob, problems } from './mpijobSchema.js';

const manifest = readFileSync(new URL('../../../examples/mpijob.yaml', import.meta.url), 'utf8');

/** Reads block mappings, block lists and scalars: what the manifest is written in. Anything else of YAML is an error. */
function readYaml(text: string): unknown {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*(#.*)?$/.test(line))
    .map((line) => ({ indent: line.search(/\S/), text: line.trim() }));
  let at = 0;
  const scalar = (s: string): unknown => {
    if (/^(["'])[^"'\\]*\1$/.test(s)) return s.slice(1, -1);
    if (/^-?\d+$/.test(s)) return Number(s);
    if (s === 'true' || s === 'false') return s === 'true';
    if (/^[[{&*!|>'"%@`]|: | #|^(null|~|yes|no|on|off)$/i.test(s))
      throw new Error(`not read: ${s}`);
    return s;
  };
  const block = (indent: number): unknown => {
    const isList = lines[at]?.text.startsWith('- ') === true;
    const list: unknown[] = [];
    const map: Record<string, unknown> = {};
    for (let line = lines[at]; line?.indent === indent; line = lines[at]) {
      if (line.text.startsWith('- ') !== isList) throw new Error(`a list and fields: ${line.text}`);
      if (isList) {
        const rest = line.text.slice(2).trim();
        const inner = indent + line.text.length - rest.length;
        if (/^[\w.-]+:( |$)/.test(rest)) {
          lines[at] = { indent: inner, text: rest };
          list.push(block(inner));
        } else {
          at++;
          list.push(scalar(rest));
        }
        continue;
      }
      const [, key = '', value = ''] = /^([\w.-]+):(?: (.+))?$/.exec(line.text) ?? [];
      if (key === '' || Object.hasOwn(map, key)) throw new Error(`not a field: ${line.text}`);
      at++;
      const next = lines[at]?.indent ?? -1;
      map[key] = value !== '' ? scalar(value) : next > indent ? block(next) : null;
    }
    return isList ? list : map;
  };
  const result = block(0);
  if (at < lines.length) throw new Error(`not read: ${lines[at]?.text}`);
  return result;
}

test('it follows the schema, and its ranks fit its slots', () => {
  const job = readYaml(manifest);
  expect(problems(job, mpiJob)).toEqual([]);
  const { spec } = job as {
    spec: {
      slotsPerWorker: number;
      mpiReplicaSpecs: Record<
        'Launcher' | 'Worker',
        { replicas: number; template: { spec: { containers: { args: string[] }[] } } }
      >;
    };
  };
  const { Launcher, Worker } = spec.mpiReplicaSpecs;
  const args = Launcher.template.spec.containers[0]?.args ?? [];
  expect(Number(args[args.indexOf('-np') + 1])).toBe(spec.slotsPerWorker * Worker.replicas);
});

test.each([
  [/slotsPerWorker: 2/, 'slotsPerWorker: two', /slotsPerWorker must be a whole number/],
  [/slotsPerWorker/, 'slots', /spec\.slots is no field/],
  [/cpu: '8'/, 'cpu: eight', /limits\.cpu must match/],
  [/mpiImplementation: OpenMPI/, 'mpiImplementation: LAM', /must be one of/],
  [/ {12}- name: worker\n {14}image/, '            - image', /containers\[0\]\.name is missing/],
  [/- '4'/, '- 4', /args\[3\] must be a string/],
])('%s → %s is found', (from, to, said) => {
  expect(problems(readYaml(manifest.replace(from, to)), mpiJob).join('\n')).toMatch(said);
});
