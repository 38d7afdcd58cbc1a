/** @file The version that exported files name as the one that wrote them. */

/** That of `package.json`, which a page cannot read: a test holds them together. */
export const VERSION = '0.1.0';
