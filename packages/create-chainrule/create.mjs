#!/usr/bin/env node
/** @file `npm create chainrule NAME -- --template node|vite|worker|notebook`: copies a template, and says what to do next. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const templates = fileURLToPath(new URL('templates/', import.meta.url));
const names = readdirSync(templates).sort();

function fail(message) {
  console.error(message);
  process.exit(1);
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        template: { type: 'string', short: 't', default: 'node' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return fail(error.message);
  }
}

const { values, positionals } = options();
const usage = `npm create chainrule NAME -- --template ${names.join('|')}`;
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const [name] = positionals;
if (name === undefined || positionals.length > 1)
  fail(`Give the folder of the new project: ${usage}`);
if (!names.includes(values.template))
  fail(`There is no template "${values.template}"; choose ${names.join(', ')}`);
const folder = resolve(name);
if (existsSync(folder) && !statSync(folder).isDirectory()) fail(`${folder} is a file`);
if (existsSync(folder) && readdirSync(folder).length > 0) fail(`${folder} is not empty`);

mkdirSync(folder, { recursive: true });
cpSync(join(templates, values.template), folder, { recursive: true });
// npm leaves .gitignore files out of published packages.
renameSync(join(folder, 'gitignore'), join(folder, '.gitignore'));
const path = join(folder, 'package.json');
const manifest = JSON.parse(readFileSync(path, 'utf8'));
manifest.name =
  basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '') || 'project';
writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
const quoted = /\s/.test(name) ? `"${name}"` : name;
console.log(
  `Created ${name} from the template "${values.template}". Next:\n\n  cd ${quoted}\n  npm install\n  npm start\n`,
);
