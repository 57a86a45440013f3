/**
 * The feature of an engine each of whose commits has the writes of one request only. Where several requests may share a commit, nobody but the engine knows whose write of a key was the last
 * one.
 */
export const SINGLE_COMMITS = 'single-commits';
