/**
 * @file Matches regular expressions in time proportional to the text, by following all possible matches in parallel (K.
 * Thompson, 1968): no pattern can make it run forever.
 */
import { parsed, type Expression, type Refuse } from './parse.js';

type Step =
  | Extract<Expression, { kind: 'one' | 'between' }>
  /** Continues at several steps. */
  | { readonly kind: 'fork'; readonly to: number[] };

/** The most steps, with all repetitions expanded, and the most work: steps times characters of all texts. */
const [MOST_STEPS, MOST_WORK] = [10_000, 2 ** 28];

/** Returns a test whether a whole text matches a pattern. */
export function fullMatcher(pattern: string, refuse: Refuse): (text: string) => boolean {
  const steps: Step[] = [];
  let visits = 0;
  write(parsed(pattern, refuse));
  let work = 0;
  return (text) => {
    const codes = Array.from(text, (c) => c.codePointAt(0) as number);
    work += steps.length * codes.length;
    if (work > MOST_WORK) refuse('it takes too long for so much text');
    return matches(steps, codes);
  };

  /**
   * Writes the steps of an expression. Each expression continues at the step after its own; after the last step is the match.
   */
  function write(x: Expression): void {
    if (++visits > MOST_STEPS) refuse(`more than ${MOST_STEPS} steps`);
    if (x.kind === 'one' || x.kind === 'between') steps.push(x);
    else if (x.kind === 'repeat') repeat(x);
    else if (x.kind === 'any') choice(x.parts);
    else x.parts.forEach(write);
  }

  function choice(parts: readonly Expression[]): void {
    const fork = forked();
    const ends = parts.map((part) => {
      fork.push(steps.length);
      write(part);
      return forked();
    });
    for (const end of ends) end.push(steps.length);
  }

  function repeat({ of, least, most }: Extract<Expression, { kind: 'repeat' }>): void {
    for (let k = 0; k < least; k++) write(of);
    if (most === Infinity) {
      const at = steps.length;
      const fork = forked();
      fork.push(steps.length);
      write(of);
      forked().push(at);
      fork.push(steps.length);
      return;
    }
    const ends: number[][] = [];
    for (let k = least; k < most; k++) {
      const fork = forked();
      fork.push(steps.length);
      ends.push(fork);
      write(of);
    }
    for (const end of ends) end.push(steps.length);
  }

  /** A fork, whose targets the caller fills in. */
  function forked(): number[] {
    const to: number[] = [];
    steps.push({ kind: 'fork', to });
    return to;
  }
}

function matches(steps: readonly Step[], text: readonly number[]): boolean {
  const seen = new Int32Array(steps.length + 1).fill(-1);
  let here: number[] = [];
  reach(0, 0);
  for (let at = 0; at < text.length && here.length > 0; at++) {
    const before = here;
    here = [];
    for (const place of before) {
      const step = steps[place];
      if (step?.kind === 'one' && step.test(text[at] as number)) reach(place + 1, at + 1);
    }
  }
  // The position after the last step counts only if all of the text has been read.
  return seen[steps.length] === text.length;

  /** Adds all steps that can be reached at a position without reading a character. */
  function reach(first: number, at: number): void {
    const open = [first];
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if (seen[place] === at) continue;
      seen[place] = at;
      const step = steps[place];
      if (step === undefined) continue;
      if (step.kind === 'one') here.push(place);
      else if (step.kind === 'fork') open.push(...step.to);
      else if (step.holds(text[at - 1] ?? -1, text[at] ?? -1)) open.push(place + 1);
    }
  }
}
