import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkEndpoint } from '../../src/wire/endpoint.ts';
import { verdict } from '../support/refusal.ts';

const check = (endpoint: string, insecure = false) => verdict(() => checkEndpoint(endpoint, insecure, 'make keys'));

describe('tcp without keys', () => {
  test.each([
    'tcp://127.0.0.1:5555',
    'tcp://127.0.0.1:*',
    'tcp://127.8.9.10:1',
    'tcp://127.0.0.1:65535',
    'tcp://localhost:5555',
    'tcp://[::1]:5555',
  ])('%s is this machine only, and is accepted', (endpoint) => {
    expect(check(endpoint)).toBe('accepted');
  });

  test.each([
    'tcp://*:5555',
    'tcp://0.0.0.0:5555',
    'tcp://[::]:5555',
    'tcp://192.0.2.7:5555',
    'tcp://128.0.0.1:5555',
    'tcp://[2001:db8::1]:5555',
    'tcp://eth0:5555',
    'tcp://signals.example:5555',
    'tcp://localhost.example:5555',
    'tcp://127.0.0.1.example:5555',
    'tcp://127.example:5555',
  ])('%s can be reached from elsewhere: refused, unless the operator insists', (endpoint) => {
    expect(check(endpoint)).toBe('insecure_endpoint');
    expect(check(endpoint, true)).toBe('accepted');
  });

  test.each([
    '',
    'tcp://',
    'tcp://127.0.0.1',
    'tcp://127.0.0.1:',
    'tcp://127.0.0.1:http',
    'tcp://127.0.0.1:555555',
    'tcp://127.0.0.1:-1',
    'tcp://127.0.0.1:5555 ',
    'tcp://127.0.0.1:5555\n',
    'tcp://127.0.0.1:5555/path',
    'tcp://127.0.0.1:0;192.0.2.7:5555',
    'tcp://user@127.0.0.1:5555',
    'tcp://::1:5555',
    'TCP://127.0.0.1:5555',
    '127.0.0.1:5555',
    'http://127.0.0.1:5555',
    'udp://127.0.0.1:5555',
    'inproc://name',
    'ws://127.0.0.1:5555',
    'pgm://127.0.0.1;239.192.1.1:5555',
  ])('%j is no endpoint of this program, insisted on or not', (endpoint) => {
    expect(check(endpoint)).toBe('bad_usage');
    expect(check(endpoint, true)).toBe('bad_usage');
  });

  // libzmq takes the port modulo 65536 and would listen on another one.
  test.each(['tcp://127.0.0.1:65536', 'tcp://127.0.0.1:99999'])(
    '%s is refused because the port does not exist',
    (endpoint) => {
      expect(check(endpoint)).toBe('bad_usage');
    },
  );
});

describe('ipc without keys', () => {
  let home = '';
  const at = (...path: string[]): string => `ipc://${join(home, ...path)}`;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'endpoint-'));
    for (const mode of [0o700, 0o500, 0o701, 0o710, 0o750, 0o755, 0o777]) {
      const folder = join(home, mode.toString(8));
      await mkdir(folder);
      await chmod(folder, mode);
    }
    await writeFile(join(home, 'file'), '');
    await symlink(join(home, '700'), join(home, 'link'));
  });
  afterAll(() => rm(home, { recursive: true }));

  test.each(['700', '500'])('a folder of mode %s is accessible to this user only, and is accepted', (folder) => {
    expect(check(at(folder, 'signalbox.sock'))).toBe('accepted');
  });

  test.each(['701', '710', '750', '755', '777'])(
    'a folder of mode %s is refused because others can enter it',
    (folder) => {
      expect(check(at(folder, 'signalbox.sock'))).toBe('insecure_endpoint');
      expect(check(at(folder, 'signalbox.sock'), true)).toBe('accepted');
    },
  );

  // Only root can change the owner of a folder.
  test.runIf(process.getuid?.() === 0)('a folder of another user is refused, whatever its mode', async () => {
    await mkdir(join(home, 'given'), { mode: 0o700 });
    await chown(join(home, 'given'), 1, 1);
    expect(check(at('given', 'signalbox.sock'))).toBe('insecure_endpoint');
  });

  test('the folder must be a real folder: a missing one, a file and a link are refused', () => {
    expect(check(at('missing', 'signalbox.sock'))).toBe('bad_usage');
    expect(check(at('file', 'signalbox.sock'))).toBe('bad_usage');
    expect(check(at('link', 'signalbox.sock'))).toBe('bad_usage');
  });

  test.each(['ipc://', 'ipc://*', 'ipc://@abstract', 'ipc://signalbox.sock', 'ipc://./signalbox.sock'])(
    '%s is refused, insecure or not, because it has no owner or no fixed path',
    (endpoint) => {
      expect(check(endpoint)).toBe('bad_usage');
      expect(check(endpoint, true)).toBe('bad_usage');
    },
  );
});
