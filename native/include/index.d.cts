/** The folder of leasehold/lease.h, seen from the working directory. */
export declare const include_dir: string;
