import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigFile } from '../../src/program/config/config-file.ts';
import { type NamedPlugin, notifyIn } from '../../src/program/config/notify-of.ts';
import { newFolder } from '../support/new-folder.ts';

const channels = 'channels:\n  ops: { webhook: { url: https://hooks.example/x, secretFile: s } }\n';

function check(text: string, plugins: readonly NamedPlugin[] = []) {
  const path = join(newFolder(), 'c.yaml');
  writeFileSync(path, text);
  const file = new ConfigFile(path);
  file.check();
  const { sections } = notifyIn(file, plugins);
  file.check();
  return sections;
}

test.each([
  ['notify:\n  - { on: [job.setled], to: [ops] }', '4:12: there is no event job.setled; did you mean job.settled?'],
  ['notify:\n  - { on: [check.down], to: [ops] }', '4:12: there is no event check.down: no plug-in check is loaded'],
  ['notify:\n  - { on: [job.settled], to: [opps] }', '4:31: there is no channel opps; did you mean ops?'],
  ['notify:\n  - { on: [job.settled], to: [ops], afer: 3 }', '4:37: notify.0 has no option afer; did you mean after?'],
  [
    'notify:\n  - { on: [job.settled], to: [ops], groupWait: soon }',
    '4:48: notify.0.groupWait: it is not a valid duration; use for example 10s, 5m or 1h',
  ],
  [
    'notify:\n  - { on: [job.settled], to: [ops], outcome: [bad] }',
    "4:47: notify.0.outcome.0 must be one of completed, failed, cancelled, rejected, expired, lost, not 'bad'",
  ],
  [
    'notify:\n  - { on: [client.gone], to: [ops], after: 2 }',
    '4:37: after cannot be used with client.gone: it counts events of jobs, workflows and schedules',
  ],
  ['  two: { pager: {} }', '3:10: there is no kind of channel pager; there are webhook, mail, command, log'],
  [
    '  two: { webhook: { url: http://hooks.example/, secretFile: s } }',
    '3:26: channels.two.webhook.url: the url must be https://, or http:// to loopback, without a password',
  ],
  [
    '  two: { mail: { host: smtp.example, from: box@example, to: [ops] } }',
    '3:62: channels.two.mail.to.0: it is not a valid address; use for example ops@example.org',
  ],
  [
    '  two: { mail: { host: smtp.example, from: box@example, to: [ops@example], user: me } }',
    '3:82: channels.two.mail.user: a user needs a passwordFile',
  ],
  [
    '  two: { webhook: { url: https://hooks.example/, secret: s } }',
    '3:50: channels.two.webhook has no option secret; did you mean secretFile?',
  ],
  [
    '  two: { webhook: { url: https://hooks.example/, secretFile: whsec_abc } }',
    '3:62: channels.two.webhook.secretFile: it is the secret itself: name a file that contains it',
  ],
  [
    '  two: { webhook: https://hooks.example/token }',
    '3:19: channels.two.webhook must be a map of options, not a text',
  ],
  ['  two: { mail: { host: smtp.example, port: token } }', '3:44: channels.two.mail.port must be a number, not a text'],
])('%j is refused at the place of the error', (text, words) => {
  const wrong = () => check(`${channels}${text}\n`);
  expect(wrong).toThrow(words);
  expect(wrong).not.toThrow(/token|whsec_abc/);
});

test('a rule over checks names the option that counts', () => {
  const wrong = () => check(`${channels}notify:\n  - { on: [check.down], to: [ops], after: 3 }\n`, [{ name: 'check' }]);
  expect(wrong).toThrow('after cannot be used with check.down: checks count failures themselves: check --after');
});

test('valid values are taken unchanged', () => {
  const rule =
    '{ on: [job.settled, check.down, store.full], target: "@web-*+env=prod", to: [ops], groupBy: [command] }';
  expect(check(`${channels}notify:\n  - ${rule}\n`, [{ name: 'check' }]).rules).toHaveLength(1);
});

const chat = {
  name: 'chat',
  channels: {
    chat: {
      options: z.object({ room: z.string().min(1, 'name a room') }),
      open: () => Promise.reject(new Error('not now')),
    },
  },
};

test.each([
  ['two: { chat: { room: "" } }', '3:24: channels.two.chat.room: name a room'],
  ['two: { chat: { rom: x } }', '3:18: channels.two.chat has no option rom; did you mean room?'],
  ['two: { chatt: { room: x } }', '3:10: there is no kind of channel chatt; did you mean chat?'],
])('%j for a channel of a plug-in is refused at the place of the error', (text, words) => {
  expect(() => check(`${channels}  ${text}\n`, [chat])).toThrow(words);
});

test('a channel of a plug-in is taken unchanged', () => {
  expect(check(`${channels}  two: { chat: { room: x } }\n`, [chat]).channels.two).toEqual({ chat: { room: 'x' } });
});

test('the configuration of the documentation is valid', () => {
  const example = readFileSync(new URL('../../examples/notify/signalbox.yaml', import.meta.url), 'utf8');
  expect(check(example, [{ name: 'check' }]).rules).toHaveLength(4);
});
