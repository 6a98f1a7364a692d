import { expect, test } from 'vitest';
import { container } from '../../../src/plugins/container/contracts/container.ts';
import { parseArguments } from '../../../src/shell/parse/arguments.ts';
import { parseLine } from '../../../src/shell/parse/parse.ts';
import { nextAfter } from '../../../src/shell/prompt/next.ts';

const parse = (line: string) => parseArguments(container, parseLine(line)[0]?.words.slice(1) ?? []);

test.each([
  ['-v /:/host', '-v: type --mount SRC:DST'],
  ['--privileged', '--privileged: containers cannot have that'],
  ['--device=/dev/sda', '--device: containers cannot have that'],
  ['--pid host', '--pid: containers cannot have that'],
  ['--security-opt seccomp=unconfined', '--security-opt: containers cannot have that'],
  ['--rm', '--rm: it is removed when it has ended, unless you type --leave'],
  ['-it', '-it: its output is always shown; it reads no input'],
])('who types %s is told what to do instead', (options, says) => {
  expect(() => parse(`container ${options} debian`)).toThrow(`container has no option ${says}`);
});

test.each([
  ['--mount /srv/data', 'SRC:DST or SRC:DST:ro'],
  ['--mount ./data:/data', 'SRC:DST or SRC:DST:ro'],
  ['--cap-add SYS_ADMINS', 'a capability such as NET_ADMIN, or ALL'],
  ['--publish 80', 'PORT:PORT or ADDRESS:PORT:PORT'],
  ['--label signalbox.job=1', 'NAME=VALUE, and NAME not signalbox.…'],
  ['--restart unless-stopped', '--restart must be no, always, on-failure or on-failure:N'],
  ['--name /x', '--name must be a name of at least two of [a-zA-Z0-9_.-]'],
])('%s is refused with its valid form', (options, says) => {
  expect(() => parse(`container ${options} debian`)).toThrow(says);
});

test('everything after the image is for the container', () => {
  expect(parse('container --network none debian --privileged -v /:/host').args).toMatchObject({
    network: 'none',
    argv: ['--privileged', '-v', '/:/host'],
  });
  expect(nextAfter(container, ['debian'])).toMatchObject({ parameter: { name: 'argv' }, options: [] });
});
