import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { createMailChannel, type MailOptions } from '../../src/notify/channels/mail.ts';
import { DeliveryFailure, type Notification } from '../../src/plugin/channel.ts';
import { MailBox, password } from './support/mail-box.ts';

const message: Notification = {
  ...{ id: 'msg_1', event: 'job.settled', text: '2 × run failed: w1, w2', count: 2 },
  body: JSON.stringify({
    type: 'job.settled',
    timestamp: '2026-01-02T03:04:05.000Z',
    data: {
      ...{ text: '2 × run failed: w1, w2', count: 2, firstAt: '2026-01-02T03:04:00.000Z' },
      lastAt: '2026-01-02T03:04:05.000Z',
      events: [
        {
          event: 'job.settled',
          text: 'run on w1 failed (exit code 1)',
          at: '2026-01-02T03:04:00.000Z',
          output: 'kaputt: ü\n',
        },
      ],
    },
  }),
};
const attempt = { signal: new AbortController().signal, nowMs: Date.UTC(2026, 0, 3) };

function channelTo({ port, ca }: Pick<MailBox, 'port' | 'ca'>, options: Partial<MailOptions> = {}) {
  return createMailChannel({
    ...{ host: '127.0.0.1', port, ca, from: 'box@example.org', to: ['ops@example.org'], password },
    ...options,
  });
}

test('a mail is sent over TLS with a login, and describes the event in subject and text', async () => {
  await using box = await MailBox.open();
  const channel = await channelTo(box);
  await channel.send(message, attempt);
  const [mail] = box.received;
  expect(mail).toMatchObject({ to: ['ops@example.org'], user: 'box@example.org', secure: true });
  expect(mail?.text.trimEnd()).toBe(
    [
      '2 × run failed: w1, w2',
      '',
      '2026-01-02T03:04:00.000Z  run on w1 failed (exit code 1)',
      '    kaputt: ü',
      '… 2 from 2026-01-02T03:04:00.000Z to 2026-01-02T03:04:05.000Z',
    ].join('\n'),
  );
  expect(mail?.headers.get('subject')).toMatch(/^=\?UTF-8\?Q\?2_=C3=97_run_failed/);
  expect(mail?.headers.get('message-id')).toBe('<msg_1@example.org>');
  expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
  expect(channel.about).toBe('mail ops@example.org by 127.0.0.1');
});

test('a mail that is sent again is the same, including its date', async () => {
  await using box = await MailBox.open();
  const channel = await channelTo(box);
  await channel.send(message, attempt);
  await channel.send(message, { ...attempt, nowMs: attempt.nowMs + 3_600_000 });
  expect(box.received[1]).toEqual(box.received[0]);
  expect(box.received[0]?.headers.get('date')).toBe('Fri, 02 Jan 2026 03:04:05 +0000');
});

test('text with line breaks cannot add headers', async () => {
  await using box = await MailBox.open();
  await (await channelTo(box)).send({ ...message, text: 'bad\r\nBcc: all@example.org\n' }, attempt);
  expect(box.received[0]?.headers.get('subject')).toBe('bad Bcc: all@example.org');
  expect(box.received[0]?.headers.has('bcc')).toBe(false);
});

test('TLS from the first byte works too', async () => {
  await using box = await MailBox.open({ secure: true });
  // Only port 465 selects this, and a test cannot use that port.
  const channel = await channelTo(box, { secure: true });
  await channel.send(message, attempt);
  expect(box.received).toMatchObject([{ secure: true, user: 'box@example.org' }]);
});

test('with a password there is no mail and no login without TLS', async () => {
  await using box = await MailBox.open({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  await expect((await channelTo(box)).send(message, attempt)).rejects.toThrow(/STARTTLS/);
  expect([box.logins, box.received]).toEqual([[], []]);
});

test('an untrusted certificate is refused before the login', async () => {
  await using box = await MailBox.open();
  await using other = await MailBox.open();
  const channel = await channelTo({ port: box.port, ca: other.ca });
  await expect(channel.send(message, attempt)).rejects.toThrow(/certificate/);
  expect([box.logins, box.received]).toEqual([[], []]);
});

test('the error about a refused login does not contain the credentials', async () => {
  await using box = await MailBox.open();
  const wrong = 'another password';
  const failure = await (await channelTo(box, { password: wrong })).send(message, attempt).catch((error) => error);
  expect(failure.message).toBe('it refused the login (535)');
  expect(JSON.stringify([failure.message, failure.cause?.message ?? ''])).not.toContain(wrong);
  expect(box.logins).toEqual(['box@example.org']);
});

test('without a password a server on loopback does not need TLS', async () => {
  await using box = await MailBox.open();
  await (await channelTo(box, { password: undefined, ca: undefined })).send(message, attempt);
  expect(box.received).toMatchObject([{ secure: false, user: undefined }]);
});

test('a recipient that accepted a mail does not get it again while others are refused', async () => {
  await using box = await MailBox.open();
  const channel = await channelTo(box, { to: ['ops@example.org', 'nobody@example.org'] });
  const refused = 'it refused mail for nobody@example.org';
  await expect(channel.send(message, attempt)).rejects.toThrow(refused);
  await expect(channel.send(message, attempt)).rejects.toThrow(/no such box/);
  box.refused.clear();
  await channel.send(message, attempt);
  expect(box.received.map(({ to }) => to)).toEqual([['ops@example.org'], ['nobody@example.org']]);
});

test('a silent server and a missing one are failures', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = once(server, 'connection').then(([socket]) => once(socket.resume(), 'close'));
  const silent = await channelTo({ port, ca: '' }, { ca: undefined, timeoutMs: 100 });
  await expect(silent.send(message, attempt)).rejects.toThrow('it took more than 0.1 s');
  await closed;
  server.close();
  await once(server, 'close');
  for (const host of ['127.0.0.1', 'localhost']) {
    const dead = await channelTo({ port, ca: '' }, { ca: undefined, host });
    await expect(dead.send(message, attempt)).rejects.toThrow(/ECONNREFUSED/);
  }
});

test('an attempt that ends during its connect leaves no connection, and breaks nothing', async () => {
  await using box = await MailBox.open();
  const channel = await channelTo(box);
  const ending = new AbortController();
  const sent = channel.send(message, { ...attempt, signal: ending.signal });
  ending.abort();
  await expect(sent).rejects.toThrow();
  await expect(channel.send(message, { ...attempt, signal: AbortSignal.abort() })).rejects.toThrow();
  expect(box.received).toEqual([]);
});

test('a server that accepts a mail over TLS and never confirms it is a failure in time', async () => {
  await using box = await MailBox.open({ onData: (stream) => void stream.resume() });
  const channel = await channelTo(box, { timeoutMs: 500 });
  await expect(channel.send(message, attempt)).rejects.toThrow('it took more than 0.5 s');
});

test.each([
  ['as it is', password],
  ['in base64', Buffer.from(password).toString('base64')],
  ['in the login', Buffer.from(`\0box@example.org\0${password}`).toString('base64')],
])('a server that repeats the password %s when it refuses a mail is not quoted', async (_, repeated) => {
  await using box = await MailBox.open({
    onMailFrom: (_address, _session, done) => done(new Error(`go away, you with ${repeated}`)),
  });
  const failure = await (await channelTo(box)).send(message, attempt).catch((error) => error);
  expect(failure).toBeInstanceOf(DeliveryFailure);
  expect(failure).toMatchObject({ message: 'it answered 550', cause: undefined });
});
