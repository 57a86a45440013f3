/**
 * Code of the programs of this folder for a collection with versions. Each commit of theirs changes it. A value says in which commit it was put,
 * counted by the programs themselves, so that its version and the log can be compared with it.
 */
export const versions: string = `
const openNumbered = (env) => env.collection('numbered', { key: utf8, value: utf8, versions: true, keys: 'any' });
// Every fifth key is long.
const numberedKey = (i) => (i % 5 === 0 ? 'long '.repeat(130) : '') + 'key ' + i;
/** Changes some keys in the commit number n. Returns the sum of the hashes. */
const changeNumbered = (numbered, random, n, sum) => {
  const change = (key, value) => {
    const before = numbered.get(key);
    if (before !== undefined) sum ^= hashOf('numbered', key, Buffer.from(before));
    if (value === undefined) numbered.del(key);
    else {
      numbered.put(key, value);
      sum ^= hashOf('numbered', key, Buffer.from(value));
    }
  };
  for (let count = Math.floor(random() * 3); count > 0; count--) {
    const key = numberedKey(Math.floor(random() * 60));
    change(key, random() < 0.3 ? undefined : n + ' ' + 'x'.repeat(random() < 0.1 ? 5000 : 30));
  }
  // A deletion of an absent key is no change. This is one.
  change('newest', String(n));
  return sum;
};
/** The numbers of the commits, the versions of the values and the log agree: V1, V4 and V5 of the model of versions. */
const checkNumbered = async ({ env, numbered }, n) => {
  const tid = env.read((txn) => txn.tid);
  if (tid !== n) throw new Error('the newest commit is ' + n + ', and its tid is ' + tid);
  let oldest = 1;
  if (n > 0) await env.changes({ after: 0 }).next().catch((error) => {
    if (error.code !== 'ERR_TOO_OLD') throw error;
    oldest = error.oldest;
  });
  const changedBy = new Map();
  for (const feed = env.changes({ after: oldest - 1 }); feed.tid < n; ) {
    const { value: commit } = await feed.next();
    for (const { keys } of commit.changes) for (const key of keys) changedBy.set(key, commit.tid);
  }
  for (const { key, value, version } of numbered.range()) {
    if (parseInt(value) !== version) throw new Error(key + ' of commit ' + parseInt(value) + ' has version ' + version);
    const changed = changedBy.get(key);
    if (changed === undefined ? version >= oldest : version !== changed) {
      throw new Error(key + ' has version ' + version + ', and the log has a change in ' + changed + ', from ' + oldest + ' on');
    }
  }
};
`;
