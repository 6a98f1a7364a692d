import { expect, test } from 'vitest';
import { endpointName } from '../src/endpoint-name.ts';

const endpoints = [
  ...['tcp://127.0.0.1:5555', 'tcp://127.0.0.1:5556', 'tcp://localhost:5555', 'tcp://*:5555', 'tcp://[::1]:5555'],
  ...['ipc:///run/a/b.sock', 'ipc:///run/a-b.sock', 'ipc:///run/a_b.sock', `ipc:///${'long/'.repeat(100)}.sock`],
  ...[`tcp://${'long.'.repeat(30)}example:5555`, `tcp://${'long.'.repeat(30)}example:5556`],
];

test.each([undefined, 48])(
  'each endpoint has a unique file name, which no shell changes (at most %s characters)',
  (maxLength) => {
    const names = endpoints.map((endpoint) => endpointName(endpoint, maxLength));
    expect(new Set(names).size).toBe(endpoints.length);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9._-]{1,170}$/);
    if (maxLength !== undefined) expect(Math.max(...names.map(({ length }) => length))).toBe(maxLength);
  },
);

test('the name of a store is the same as in earlier versions', () => {
  expect(endpointName('tcp://127.0.0.1:5555')).toBe('tcp_127.0.0.1_5555');
  expect(endpointName(endpoints.at(-1) ?? '')).toBe(`tcp_${'long.'.repeat(30)}example_5556`);
  expect(endpointName('ipc:///run/a/b.sock')).toBe('ipc_run_a_b.sock_7e1038fa');
});
