import { expect, test } from 'vitest';
import {
  imageSchema,
  labelSchema,
  nameSchema,
  parseMount,
  parsePublish,
} from '../../../src/plugins/container/contracts/words.ts';

test.each([
  ['/srv/data:/data', { source: '/srv/data', target: '/data', isBind: true, readOnly: false }],
  ['/srv/data:/data:ro', { source: '/srv/data', target: '/data', isBind: true, readOnly: true }],
  ['/srv/data:/data:rw', { source: '/srv/data', target: '/data', isBind: true, readOnly: false }],
  ['some.volume-1:/data', { source: 'some.volume-1', target: '/data', isBind: false, readOnly: false }],
])('%s is a mount', (text, mount) => {
  expect(parseMount(text)).toEqual(mount);
});

test.each([
  '/srv/data',
  '/srv/data:data',
  ':/data',
  './data:/data',
  '../data:/data',
  '~/data:/data',
  'vol/../../etc:/data',
  '/srv/../etc:/data',
  '/srv/data/..:/data',
  '/srv/data:/',
  '/srv/data://',
  '/srv/data:/./',
  '/srv/data:/data/../..',
  '/srv/data:/data:',
  '/srv/data:/data:rshared',
  '/srv/data:/data:ro,rshared',
  '/srv/data:/data:z',
  '/srv/data:/data:RO',
  '/srv/data:/data:ro:ro',
  '/srv/data\0:/data',
  'type=bind,source=/:/data',
  '/:ro',
])('%j is not a mount', (text) => {
  expect(parseMount(text)).toBeUndefined();
});

test.each([
  ['8080:80', { address: '127.0.0.1', hostPort: 8080, port: '80/tcp' }],
  ['8080:53/udp', { address: '127.0.0.1', hostPort: 8080, port: '53/udp' }],
  ['0.0.0.0:8080:80', { address: '0.0.0.0', hostPort: 8080, port: '80/tcp' }],
  ['[::1]:8080:80', { address: '::1', hostPort: 8080, port: '80/tcp' }],
])('%s is published at the named address, otherwise on loopback', (text, port) => {
  expect(parsePublish(text)).toEqual(port);
});

test.each([
  '80',
  ':80',
  '0:80',
  '80:0',
  '80:65536',
  '80-81:80',
  '256.0.0.1:80:80',
  '[1.2.3.4]:80:80',
  '::1:80:80',
  '80:80/sctp',
  '80:80/',
])('%s is not a port to publish', (text) => {
  expect(parsePublish(text)).toBeUndefined();
});

test.each([
  'signalbox=1',
  'signalbox.job=1',
  'SignalBox.job=1',
  ' signalbox.job=1',
  '\tSIGNALBOX .x=1',
  'signalbox',
  '=x',
])('%j is not an allowed label', (text) => {
  expect(labelSchema.safeParse(text).success).toBe(false);
});

test.each(['signalboxes=1', 'app=', 'com.example.signalbox=1', 'a=b=c'])('%j is a label', (text) => {
  expect(labelSchema.safeParse(text).success).toBe(true);
});

test.each(['x', '/xy', '../xy', 'x/y', 'x y', '-xy', ''])('%j is no name of a container', (text) => {
  expect(nameSchema.safeParse(text).success).toBe(false);
});

test.each(['../containers/json', 'debian/../x', 'debian?x=1', '/debian', 'Debian', 'debian@sha256:12', ' debian'])(
  '%j is no image',
  (text) => {
    expect(imageSchema.safeParse(text).success).toBe(false);
  },
);

test.each([
  'debian',
  'debian:12',
  'a.b-c.example:5000/x/y:1',
  'localhost/x',
  `x@sha256:${'0'.repeat(64)}`,
  `sha256:${'0'.repeat(64)}`,
])('%s is an image', (text) => {
  expect(imageSchema.safeParse(text).success).toBe(true);
});
