import { expect, test } from 'vitest';
import { jobEnvironment } from '../../src/client/job-environment.ts';

const own = {
  HOME: '/root',
  PWD: '/srv',
  OLDPWD: '/',
  MY_SIGNALBOX_NAME: 'kept',
  SIGNALBOX_CREDENTIALS: '/secret',
  SIGNALBOX_JOB: 'that of a job in which this client runs',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret',
  TRACEPARENT: 'of the client',
};
const kept = { HOME: '/root', MY_SIGNALBOX_NAME: 'kept' };

test.each([
  [{}, { ...kept, PWD: '/srv', OLDPWD: '/', TRACEPARENT: 'of the client' }],
  [{ traceparent: 'of the job' }, { ...kept, PWD: '/srv', OLDPWD: '/', TRACEPARENT: 'of the job' }],
  [{ cwd: '/tmp/../usr/' }, { ...kept, PWD: '/usr', OLDPWD: undefined, TRACEPARENT: 'of the client' }],
  [
    {
      cwd: '/usr',
      traceparent: 'of the job',
      added: ['PWD=/x', 'OLDPWD=', 'TRACEPARENT=a=b', 'OTEL_A=1\n2', 'SIGNALBOX_B=2'],
    },
    { ...kept, PWD: '/x', OLDPWD: '', TRACEPARENT: 'a=b', OTEL_A: '1\n2', SIGNALBOX_B: '2' },
  ],
])(
  "a job has the environment of its client without the client's own variables, plus the requested ones: %j",
  (asked, expected) => {
    expect(jobEnvironment(own, asked)).toStrictEqual(expected);
  },
);

test('a folder relative to that of the client is given as an absolute path', () => {
  expect(jobEnvironment({}, { cwd: 'x' }).PWD).toBe(`${process.cwd()}/x`);
});
