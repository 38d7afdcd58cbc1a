/** @file Parses patterns in the syntax of RE2, which has neither backreferences nor lookaround, into trees. */
import {
  category,
  CLASSES,
  equal,
  ESCAPED,
  inEitherCase,
  NAMED,
  not,
  word,
  type Test,
} from './classes.js';

export type Expression =
  | { readonly kind: 'one'; readonly test: Test }
  /** A condition on the code points before and after a position; −1 at an end of the text. */
  | { readonly kind: 'between'; readonly holds: (before: number, after: number) => boolean }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'repeat';
      readonly of: Expression;
      readonly least: number;
      readonly most: number;
    };

export type Refuse = (why: string) => never;

/** The deepest nesting of parentheses, and the highest count of a repetition. */
const [MOST_DEPTH, MOST_REPEATED] = [200, 1000];

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** Parses a pattern into a tree. */
export function parsed(pattern: string, refuse: Refuse): Expression {
  return new Parser(pattern, refuse).whole();
}

/** Reads a pattern from left to right, without backtracking. */
class Parser {
  private at = 0;
  private depth = 0;
  private flags: Flags = { i: false, m: false, s: false };
  private readonly text: readonly string[];
  private readonly refuse: Refuse;

  constructor(pattern: string, refuse: Refuse) {
    this.text = Array.from(pattern);
    this.refuse = (why) => refuse(`${why} at ${this.at} of the pattern`);
  }

  whole(): Expression {
    const made = this.choices();
    return this.at < this.text.length ? this.refuse("a ')' too many") : made;
  }

  private get next(): string {
    return this.text[this.at] ?? '';
  }

  private take(): string {
    return this.text[this.at++] ?? this.refuse('the pattern ends too early');
  }

  /** Skips `part` if it comes next. */
  private skip(part: string): boolean {
    const found = this.text.slice(this.at, this.at + part.length).join('') === part;
    if (found) this.at += part.length;
    return found;
  }

  private choices(): Expression {
    if (++this.depth > MOST_DEPTH) this.refuse('parentheses nested too deep');
    const flags = this.flags;
    const parts = [this.sequence()];
    while (this.skip('|')) parts.push(this.sequence());
    this.flags = flags;
    this.depth--;
    return parts.length === 1 ? (parts[0] as Expression) : { kind: 'any', parts };
  }

  private sequence(): Expression {
    const parts: Expression[] = [];
    while (this.next !== '' && this.next !== '|' && this.next !== ')') {
      const part = this.element();
      if (part !== null) parts.push(this.repeated(part));
    }
    return { kind: 'all', parts };
  }

  private repeated(of: Expression): Expression {
    const range = this.range();
    if (range === null) return of;
    // Lazy or greedy makes no difference if the whole text must match.
    this.skip('?');
    if (this.range() !== null) this.refuse('a repetition of a repetition');
    const [least, most] = range;
    if (least > most || least > MOST_REPEATED || (most > MOST_REPEATED && most < Infinity))
      this.refuse(`a repetition from ${least} to ${most}`);
    return { kind: 'repeat', of, least, most };
  }

  private range(): readonly [number, number] | null {
    if (this.skip('*')) return [0, Infinity];
    if (this.skip('+')) return [1, Infinity];
    if (this.skip('?')) return [0, 1];
    if (this.next !== '{') return null;
    const rest = this.text.slice(this.at, this.at + 16).join('');
    const match = /^\{(\d+)(,?)(\d*)\}/.exec(rest);
    if (match === null) return null;
    this.at += match[0].length;
    const least = Number(match[1]);
    return [least, match[2] === '' ? least : match[3] === '' ? Infinity : Number(match[3])];
  }

  /** One element; null if it only sets flags. */
  private element(): Expression | null {
    const c = this.take();
    const { m, s } = this.flags;
    if (c === '(') return this.group();
    if (c === '[') return this.one(this.set());
    if (c === '.') return this.one((code) => s || code !== 10);
    if (c === '^') return between((before) => before < 0 || (m && before === 10));
    if (c === '$') return between((_, after) => after < 0 || (m && after === 10));
    if (c === '*' || c === '+' || c === '?') this.refuse(`'${c}' repeats nothing`);
    if (c !== '\\') return this.one(equal(c.codePointAt(0) as number));
    if (this.skip('A')) return between((before) => before < 0);
    if (this.skip('z')) return between((_, after) => after < 0);
    const edge = (before: number, after: number): boolean => word(before) !== word(after);
    if (this.skip('b')) return between(edge);
    if (this.skip('B')) return between((before, after) => !edge(before, after));
    if (this.skip('Q')) return this.quoted();
    return this.one(this.escaped().test);
  }

  private group(): Expression | null {
    const flags = this.flags;
    if (this.skip('?')) {
      const named = this.skip('P<') || this.skip('<');
      if (named && !/[\w]/.test(this.next)) this.refuse('lookaround is not supported');
      while (named && this.take() !== '>');
      if (!named && !this.setFlags()) return null;
    }
    const inner = this.choices();
    if (!this.skip(')')) this.refuse("a ')' is missing");
    this.flags = flags;
    return inner;
  }

  /** Reads the flags after `(?`; returns whether a group follows. */
  private setFlags(): boolean {
    let on = true;
    for (;;) {
      const c = this.take();
      if (c === ':') return true;
      if (c === ')') return false;
      if (c === '-') on = false;
      else if (c === 'i' || c === 'm' || c === 's') this.flags = { ...this.flags, [c]: on };
      else if (c !== 'U') this.refuse(`'(?${c}' is not supported`);
    }
  }

  private quoted(): Expression {
    const parts: Expression[] = [];
    while (this.next !== '' && !this.skip('\\E'))
      parts.push(this.one(equal(this.take().codePointAt(0) as number)));
    return { kind: 'all', parts };
  }

  private one(test: Test): Expression {
    return { kind: 'one', test: this.flags.i ? inEitherCase(test) : test };
  }

  /** Reads what follows a backslash: a code point or a class. */
  private escaped(): { readonly test: Test; readonly code: number | null } {
    const c = this.take();
    const found = CLASSES[c.toLowerCase()];
    if (found !== undefined) return { test: c in CLASSES ? found : not(found), code: null };
    if (c === 'p' || c === 'P') return { test: this.categoryNamed(c === 'P'), code: null };
    const own = ESCAPED[c] ?? c.codePointAt(0) ?? 0;
    const code = c === 'x' ? this.hexadecimal() : own;
    if (c !== 'x' && !(c in ESCAPED) && word(code)) this.refuse(`'\\${c}' is not supported`);
    return { test: equal(code), code };
  }

  private hexadecimal(): number {
    const braced = this.skip('{');
    let digits = '';
    while (braced ? this.next !== '}' : digits.length < 2) digits += this.take();
    this.skip(braced ? '}' : '');
    if (!/^[\da-f]{1,6}$/i.test(digits)) this.refuse(`'${digits}' is not a number`);
    return parseInt(digits, 16);
  }

  /** Reads a general category or script of Unicode. */
  private categoryNamed(negated: boolean): Test {
    let name = this.take();
    if (name === '{') for (name = ''; !this.skip('}');) name += this.take();
    const opposite = name.startsWith('^') !== negated;
    const found = category(name.replace('^', ''));
    if (found === null) return this.refuse(`there is no category '${name}'`);
    return opposite ? not(found) : found;
  }

  private set(): Test {
    const negated = this.skip('^');
    const tests: Test[] = [];
    for (let first = true; first || this.next !== ']'; first = false) {
      if (this.skip('[:')) {
        const opposite = this.skip('^');
        let name = '';
        while (!this.skip(':]')) name += this.take();
        const found = NAMED.get(name) ?? this.refuse(`there is no character class '${name}'`);
        tests.push(opposite ? not(found) : found);
        continue;
      }
      const low = this.member();
      if (low.code !== null && this.next === '-' && this.text[this.at + 1] !== ']') {
        this.at++;
        const [from, to] = [low.code, this.member().code];
        if (to === null || to < from) this.refuse('a range without an end');
        tests.push((code) => code >= from && code <= to);
      } else tests.push(low.test);
    }
    this.at++;
    const any: Test = (code) => tests.some((test) => test(code));
    const folded = this.flags.i ? inEitherCase(any) : any;
    return negated ? not(folded) : folded;
  }

  private member(): { readonly test: Test; readonly code: number | null } {
    const c = this.take();
    if (c === '\\') return this.escaped();
    const code = c.codePointAt(0) as number;
    return { test: equal(code), code };
  }
}

function between(holds: (before: number, after: number) => boolean): Expression {
  return { kind: 'between', holds };
}
