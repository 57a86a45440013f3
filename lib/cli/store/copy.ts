import { withoutPassword } from '../../base/address-text.ts';
import { connect } from '../../client/connect.ts';
import type { Store } from '../../client/store.ts';
import { copyStore } from '../../client/store-tools/copy-store.ts';
import { checkExists } from '../database.ts';
import { asUsageLater, DONE } from '../failure.ts';
import { interruptible } from '../interrupt.ts';
import { Output } from '../output.ts';
import { progressLine } from '../progress-line.ts';
import { type AddressOptions, isAddress } from '../remote/address-options.ts';
import { connectOptions } from '../remote/with-store.ts';

/** `leasehold store copy` */
export async function copyCommand(from: string, to: string, options: AddressOptions): Promise<number> {
  const stores: Store[] = [];
  const opened = async (place: string, isSource: boolean): Promise<Store> => {
    const path = place.replace(/^file:(?:\/\/(?=\/))?/, '');
    // A folder that is not there would be made, and copied as an empty store.
    if (isSource && !isAddress(place)) checkExists(path);
    const address = isAddress(place) ? place : `file:${path}`;
    const store = await asUsageLater(() => connect(address, connectOptions(address, options)));
    stores.push(store);
    return store;
  };
  const progress = progressLine();
  try {
    const source = await opened(from, true);
    const target = await opened(to, false);
    const { onProgress } = progress;
    const copied = await asUsageLater(() =>
      interruptible((signal) =>
        copyStore(source, target, {
          signal,
          ...(onProgress && {
            onProgress: ({ records, bytes, rate }) =>
              onProgress({ rows: records, bytes, rate, totalBytes: undefined, secondsLeft: undefined } as never),
          }),
        }),
      ),
    );
    progress.stop();
    const output = new Output();
    if (!output.isTerminal) output.json({ from: withoutPassword(from), to: withoutPassword(to), ...copied });
    else
      output.line(`${copied.records} records of ${copied.collections} collections copied, as of commit ${copied.tid}`);
    await output.flush();
    return DONE;
  } finally {
    progress.stop();
    for (const store of stores) await store.close();
  }
}
