/** @file Optional packages. */
import { ChainruleError } from '@chainrule/autograd';

/**
 * Loads an optional package. The name is not a literal, so that bundlers do not ask for it. @throws {ChainruleError}
 * if it is not installed.
 */
export async function optional<T>(op: string, name: string): Promise<T> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as T;
  } catch (cause) {
    throw new ChainruleError(
      `${op}: the package ${name} is not installed: npm install ${name}; a page without a bundler needs an import map for it`,
      { cause },
    );
  }
}
