import { expect, test } from 'vitest';
import { MemoryPresence } from '../../../src/plugins/presence/store/memory-presence.ts';
import { openPresence } from './open-presence.ts';
import { generateForPython, noPython, startPythonUser } from './python-user.ts';

test.skipIf(noPython !== undefined)(
  "Debian's Python, with code generated from the contract, is counted and reads the count",
  async () => {
    const folder = generateForPython();
    await using store = new MemoryPresence();
    await using presence = await openPresence(store);
    await using user = startPythonUser(presence.address, { folder, userId: 'a user, of Python', pings: 5 });
    const said = async () => (await user.lines.next()).value;
    expect(await said()).toBe('answered');
    await presence.told.until(() => presence.told.batches.length > 0);
    expect(presence.gateway.users).toBe(1);
    user.goOn();
    expect(await said()).toBe('OK');
    expect(await said()).toBe('1');
    expect(await said()).toMatch(/^INVALID_ARGUMENT the metadata user-id must be 1 to 128 printable/);
  },
);
