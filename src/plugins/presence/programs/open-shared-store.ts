import { SignalboxError } from '../../../index.ts';
import { PostgresPresence } from '../store/postgres-presence.ts';

/** Whether several processes can share the store at this address. */
export const isShared = (address: string): boolean => /^postgres(?:ql)?:\/\//.test(address);

/**
 * Opens the store that gateways and status services share. If it is unavailable, warns; the store is then opened later.
 * @throws SignalboxError `bad_usage`, `bad_store`
 */
export async function openSharedStore(address: string, warn: (line: string) => void): Promise<PostgresPresence> {
  if (!isShared(address)) {
    throw new SignalboxError(
      'bad_usage',
      '--store must be postgres://HOST/DATABASE: processes can share no other store',
    );
  }
  const store = new PostgresPresence(address);
  try {
    await store.count();
  } catch (error) {
    if (!(error instanceof SignalboxError) || error.code !== 'unavailable') {
      await store[Symbol.asyncDispose]();
      throw error;
    }
    warn(`${error.message}; trying again`);
  }
  return store;
}
