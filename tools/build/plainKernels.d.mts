/** The path of the source that is replaced by the plain kernels. */
export declare const plainKernelsFile: string;
/** The text that replaces it. */
export declare function plainKernelsText(): Promise<string>;
