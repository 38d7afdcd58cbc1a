/** @file Loads optional packages. */
import { ChainruleError } from '@chainrule/autograd';

/**
 * Loads an optional package. The name is not a literal, so that bundlers do not ask for it. @throws {ChainruleError}
 * if it is not installed, or fails while it is loaded.
 */
export async function optional<T>(op: string, name: string): Promise<T> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as T;
  } catch (cause) {
    if (!isAbsent(name, cause)) throw unloadable(op, name, cause);
    throw new ChainruleError(
      `${op}: the package ${name} is not installed: npm install ${name}; a page without a bundler needs an import map for it`,
      { cause },
    );
  }
}

/** The error for a package that is installed but does not load. */
export function unloadable(op: string, name: string, cause: unknown): ChainruleError {
  const { message = String(cause) } = (cause ?? {}) as { message?: string };
  return new ChainruleError(
    `${op}: the package ${name} is installed, but cannot be loaded: ${message.split('\n')[0] ?? ''}`,
    { cause },
  );
}

/** Whether an import failed because the package was not found: Node.js has error codes for that, pages only messages. */
function isAbsent(name: string, cause: unknown): boolean {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  // If the package is found but one of its own imports is not, the message names that one.
  if (typeof message !== 'string' || !['"', "'", '`'].some((q) => message.includes(q + name + q)))
    return false;
  return (
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'MODULE_NOT_FOUND' ||
    /specifier|cannot find|failed to resolve/i.test(message)
  );
}
