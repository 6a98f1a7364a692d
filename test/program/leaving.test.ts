import { expect, test } from 'vitest';
import { attachedAdvice, goesOn, sameServer } from '../../src/program/attach/leaving.ts';

const settled = { accepted: Promise.resolve(true), outcome: Promise.withResolvers<never>().promise };
const jobs = [{ id: 'a.1', number: 7, client: 'w1', command: 'run', ...settled }];

test('the suggested command leads to the same server, even for words that a shell would change', () => {
  for (const [address, socketDir, env, words] of [
    [undefined, undefined, {}, ''],
    ['tcp://127.0.0.1:5555', undefined, {}, 'tcp://127.0.0.1:5555 '],
    [undefined, "/tmp/it's $(here)", {}, String.raw`--socket-dir '/tmp/it'\''s $(here)' `],
    [undefined, '/tmp/box', { SIGNALBOX_SOCKET_DIR: '/tmp/box' }, ''],
    ['ipc:///a b', 'sockets', {}, "'ipc:///a b' --socket-dir sockets "],
  ] as const) {
    const typed = sameServer(address, { socketDir, env });
    expect(goesOn(jobs, typed)).toBe(
      `still running: 7 run on w1; to check again: signalbox attach ${words}-c 'job %7'`,
    );
    expect(attachedAdvice(jobs, typed).hint).toContain(`signalbox attach ${words}-c 'cancel %7; wait %7`);
  }
});
