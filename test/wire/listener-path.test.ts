import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listen } from '../../src/wire/listener.ts';
import { newFolder } from '../support/new-folder.ts';
import { refusal } from '../support/refusal.ts';

describe('the path of an ipc listener', () => {
  function newPath(): string {
    const folder = newFolder();
    return join(folder, 's.sock');
  }

  test('is removed when the listener closes', async () => {
    const path = newPath();
    const listener = await listen(`ipc://${path}`);
    expect(existsSync(path)).toBe(true);
    await listener[Symbol.asyncDispose]();
    expect(existsSync(path)).toBe(false);
  });

  test('remains if another listener uses it in the meantime', async () => {
    const path = newPath();
    const first = await listen(`ipc://${path}`);
    renameSync(path, `${path}.old`);
    await using _second = await listen(`ipc://${path}`);
    await first[Symbol.asyncDispose]();
    expect(existsSync(path)).toBe(true);
  });

  test('remains if a closed listener is closed again, even if its inode number was reused', async () => {
    const path = newPath();
    const first = await listen(`ipc://${path}`);
    await first[Symbol.asyncDispose]();
    await using _second = await listen(`ipc://${path}`);
    await first[Symbol.asyncDispose]();
    expect(existsSync(path)).toBe(true);
  });

  test('is refused if it is a file, which remains unchanged', async () => {
    const path = newPath();
    writeFileSync(path, 'precious');
    await expect(listen(`ipc://${path}`)).rejects.toStrictEqual(refusal('cannot_bind'));
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });
});
