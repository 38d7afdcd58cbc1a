/** The text that `make` gives, kept at a path until one of the sources changes. */
export declare function keptText(
  path: string,
  said: readonly string[],
  folders: readonly string[],
  make: () => Promise<string>,
): Promise<string>;
