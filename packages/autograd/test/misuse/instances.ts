/** @file For the misuse walk: random instances of every class of a module, and the names of their public methods. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CallersError } from './hostile.js';
import { randomFrom, type Make } from './values.js';
import { ChainruleError } from '../../src/index.js';
import { methodsOf, type Subject } from './walk.js';

/** Names of methods that users do not call, by class. */
export type Inside = ReadonlyMap<string, ReadonlySet<string>>;

/** Methods marked private, protected or internal in the sources under a folder. */
export function insideOf(folder: string): Inside {
  const inside = new Map<string, Set<string>>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    let names = new Set<string>();
    let hidden = false;
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const className = /^\s*(?:export )?(?:default )?(?:abstract )?class (\w+)/.exec(line)?.[1];
      if (className !== undefined) inside.set(className, (names = new Set()));
      if (line.includes('@internal')) hidden = true;
      const member = /^ {2}((?:[a-z]+ )*)(?:\*\s?)?\[?(\w+)\]?[(<:?= ]/.exec(line);
      if (member === null) continue;
      const [, modifiers = '', name = ''] = member;
      if (hidden || /private|protected/.test(modifiers)) names.add(name);
      hidden = false;
    }
  }
  return inside;
}

/** What is found in a module. */
export interface Instances {
  readonly subjects: readonly Subject[];
  /** Classes that no arguments made. */
  readonly missing: readonly string[];
}

/**
 * Methods of the classes in a module. An instance is made for each call, from arguments that worked: `recipes` for a class
 * that has one, none where it is null, else what is found by chance among `values`. A method that several classes inherit
 * is there once.
 */
export function instancesOf(
  module: object,
  prefix: string,
  inside: Inside,
  values: readonly Make[],
  recipes: Readonly<Record<string, (() => object) | null>> = {},
): Instances {
  const subjects: Subject[] = [];
  const missing: string[] = [];
  const done = new Set<string>();
  for (const [name, value] of Object.entries(module) as [string, unknown][]) {
    if (typeof value !== 'function' || /Error$/.test(name)) continue;
    if (!/^class\b/.test(Function.prototype.toString.call(value))) continue;
    const make =
      name in recipes
        ? recipes[name]
        : byChance(value as new (...args: unknown[]) => object, values);
    if (make === undefined || make === null) missing.push(name);
    else {
      const isDone = (of: string, key: string): boolean => {
        const method = `${of}.${key}`;
        if (done.has(method) || inside.get(of.replace(/^_/, ''))?.has(key) === true) return true;
        done.add(method);
        return false;
      };
      subjects.push(...methodsOf(`${prefix}${name}`, make, isDone));
    }
  }
  return { subjects, missing };
}

const TRIES = 400;

function byChance(
  Class: new (...args: unknown[]) => object,
  values: readonly Make[],
): (() => object) | null {
  const random = randomFrom(7);
  for (let i = 0; i < TRIES; i++) {
    const recipe = Array.from(
      { length: i % 5 },
      () => values[Math.floor(random() * values.length)] as Make,
    );
    const make = (): object => new Class(...recipe.map((value) => value()));
    try {
      make();
      return make;
    } catch (error) {
      if (!(error instanceof ChainruleError || error instanceof CallersError)) throw error;
    }
  }
  return null;
}
