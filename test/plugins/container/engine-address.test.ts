import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineAddress } from '../../../src/plugins/container/engine/engine-address.ts';

const ownFolder = join(homedir(), '.docker');

test.each([
  [{}, { kind: 'socket', path: undefined }],
  [{ DOCKER_HOST: 'unix://' }, { kind: 'socket', path: undefined }],
  [
    { DOCKER_HOST: 'unix:///run/x.sock', DOCKER_TLS_VERIFY: '1' },
    { kind: 'socket', path: '/run/x.sock' },
  ],
  [{ DOCKER_HOST: 'tcp://127.0.0.1' }, { kind: 'tcp', host: '127.0.0.1', port: 2375 }],
  [{ DOCKER_HOST: 'localhost:5000' }, { kind: 'tcp', host: 'localhost', port: 5000 }],
  [{ DOCKER_HOST: 'tcp://[::1]:5000' }, { kind: 'tcp', host: '[::1]', port: 5000 }],
  [{ DOCKER_HOST: 'tcp://engine:2376' }, { kind: 'tls', host: 'engine', port: 2376, folder: ownFolder }],
  [
    { DOCKER_HOST: 'tcp://engine', DOCKER_TLS_VERIFY: 'yes' },
    { kind: 'tls', host: 'engine', port: 2376, folder: ownFolder },
  ],
  [
    { DOCKER_HOST: 'tcp://engine:5', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/c', DOCKER_CONFIG: '/d' },
    { kind: 'tls', host: 'engine', port: 5, folder: '/c' },
  ],
  [
    { DOCKER_HOST: 'https://engine', DOCKER_CONFIG: '/d' },
    { kind: 'tls', host: 'engine', port: 2376, folder: '/d' },
  ],
  [{ DOCKER_HOST: 'ssh://engine' }, { kind: 'ssh', host: 'engine', user: '', port: undefined }],
  [{ DOCKER_HOST: 'ssh://me@engine:22' }, { kind: 'ssh', host: 'engine', user: 'me', port: 22 }],
])('%j', (env, address) => {
  expect(engineAddress(env)).toEqual(address);
});

test.each(['tcp://engine:2375', 'engine:2375', 'http://engine', 'tcp://0.0.0.0:2375', 'tcp://127.0.0.1.example:2375'])(
  'an engine of another machine is not used without TLS: %s',
  (DOCKER_HOST) => {
    expect(() => engineAddress({ DOCKER_HOST })).toThrow(
      expect.objectContaining({ code: 'insecure_endpoint', message: expect.stringMatching(/has no TLS/) }),
    );
  },
);

test.each(['tcp://', 'ftp://engine', 'tcp://engine:2376/path', 'tcp://a b', 'fd://', 'tcp://engine:99999'])(
  '%s is no address of an engine',
  (DOCKER_HOST) => {
    expect(() => engineAddress({ DOCKER_HOST })).toThrow(/DOCKER_HOST must be an address such as/);
  },
);
