/** @file Packages that are used where they are installed, and never required. */
import { ChainruleError } from '@chainrule/autograd';

/** Loads an optional package. The name is no literal, so that bundlers do not ask for it. @throws {ChainruleError} if it is not there. */
export async function optional<T>(op: string, name: string): Promise<T> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as T;
  } catch (cause) {
    throw new ChainruleError(
      `${op}: the package ${name} is not there: npm install ${name}; in a page without a bundler give it an import map`,
      { cause },
    );
  }
}
