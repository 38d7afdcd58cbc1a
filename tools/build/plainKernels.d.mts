/** The source whose place the plain kernels take. */
export declare const plainKernelsFile: string;
/** The text of that source. */
export declare function plainKernelsText(): Promise<string>;
