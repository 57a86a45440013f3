/** The library's classes that a program may reach, as instances or as the classes themselves. */
export declare const REACHABLE: readonly string[];
