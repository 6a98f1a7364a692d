import { type JobStore, SignalboxError, type StoreTransfer } from '../../index.ts';

/**
 * Copies everything from one store to another, empty one. After that no server opens the source: two servers with the same
 * jobs would both continue them. After a crash, repeating the copy completes it.
 * @throws SignalboxError `bad_store`, `store_in_use`, `unavailable`; the source is open again then.
 */
export async function copyStore(from: JobStore, to: JobStore): Promise<void> {
  const [source, target] = [transferOf(from), transferOf(to)];
  const [{ address: fromAddress, closed }, { address: toAddress }] = [await from.info(), await to.info()];
  const reason = `it was copied to ${toAddress}`;
  if (closed !== undefined && closed !== reason) {
    throw new SignalboxError('bad_store', `${fromAddress} is closed: ${closed}`);
  }
  if (from.id === to.id) {
    if (closed === reason) return;
    throw new SignalboxError('bad_usage', `${fromAddress} and ${toAddress} have the same jobs`);
  }
  await source.setClosed(reason);
  try {
    await target.import(source.export());
  } catch (error) {
    // After `unknown`, the copy may be complete: two servers must not continue the same jobs.
    if (SignalboxError.from(error, 'unknown').code !== 'unknown') await source.setClosed(closed);
    throw error;
  }
}

/** @throws SignalboxError `bad_usage` for a store that ends with its process. */
export function transferOf({ transfer }: JobStore): StoreTransfer {
  if (transfer) return transfer;
  throw new SignalboxError('bad_usage', 'this store ends with its process: nothing can be read from it');
}
