import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultStore } from '../../../src/program/store/default-store.ts';
import { newFolder } from '../../support/new-folder.ts';

const endpoint = 'tcp://127.0.0.1:5555';

test('a server keeps its jobs in a file named after its endpoint, in a folder that only its user can enter', () => {
  const state = newFolder();
  expect(defaultStore(endpoint, { XDG_STATE_HOME: state })).toEqual({
    path: join(state, 'signalbox', 'tcp_127.0.0.1_5555.db'),
  });
  expect(statSync(join(state, 'signalbox')).mode & 0o777).toBe(0o700);
});

describe('memory is used, with the reason,', () => {
  test('if the folder cannot be created', () => {
    const state = newFolder();
    writeFileSync(join(state, 'signalbox'), '');
    expect(defaultStore(endpoint, { XDG_STATE_HOME: state })).toEqual({
      why: `${join(state, 'signalbox')} cannot be used: ${join(state, 'signalbox')} is not a folder`,
    });
  });

  test('if nothing can be created in it', { skip: process.getuid?.() === 0 }, () => {
    const state = newFolder();
    mkdirSync(join(state, 'signalbox'));
    chmodSync(join(state, 'signalbox'), 0o500);
    expect(defaultStore(endpoint, { XDG_STATE_HOME: state })).toHaveProperty('why');
  });

  test.each([
    ['nfs', 0x6969],
    ['cifs', 0xff534d42],
    ['9p', 0x01021997],
    ['fuse', 0x65735546],
  ])('if it is on %s', (name, type) => {
    const state = newFolder();
    expect(defaultStore(endpoint, { XDG_STATE_HOME: state }, () => type)).toEqual({
      why: `${join(state, 'signalbox')} is on a network file system (${name})`,
    });
  });
});
