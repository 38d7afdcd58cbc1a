/** @file The version that exported files state as that of their writer. */

/** The version in `package.json`, which a page cannot read: a test keeps them equal. */
export const VERSION = '0.1.0';
