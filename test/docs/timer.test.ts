import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cron } from 'croner';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { blocksOf } from './markdown.ts';
import { fileOf } from './treatment.ts';

const isHere = spawnSync('systemd-analyze', ['--version']).status === 0;
const blocks = blocksOf('docs/how-to/cron.md');
const scripts = blocks.map(fileOf);
const folder = '# /etc/systemd/system/';
const units = blocks.filter(({ begins }) => begins.startsWith(folder));

test('the crontab calls the script of the page, once a night', () => {
  const { text = '' } = blocks.find(({ language }) => language === 'crontab') ?? {};
  const [, pattern = '', script = ''] = /^((?:\S+ ){5}) *cd \/srv\/box && sh (\S+)$/m.exec(text) ?? [];
  expect(scripts).toContain(script);
  const [first, second] = new Cron(pattern.trim(), { timezone: 'UTC' }).nextRuns(2);
  expect((second?.getTime() ?? 0) - (first?.getTime() ?? 0)).toBe(86_400_000);
});

// `.ci/run` installs it.
test.skipIf(!isHere)('systemd-analyze accepts the service and its timer', () => {
  const place = newFolder();
  const paths = units.map(({ begins, text }) => {
    const path = join(place, begins.slice(folder.length));
    writeFileSync(path, text.replace('WorkingDirectory=/srv/box', `WorkingDirectory=${place}`));
    return path;
  });
  expect(paths).toHaveLength(2);
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', ...paths], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('the service calls the script of the page, and its limit is longer than that of the script', () => {
  const { text = '' } = units.find(({ begins }) => begins.endsWith('.service')) ?? {};
  const [, script = ''] = /^ExecStart=\/bin\/sh (\S+)$/m.exec(text) ?? [];
  expect(scripts).toContain(script);
  const [, seconds] = /^TimeoutStartSec=(\d+)h$/m.exec(text) ?? [];
  const [, limit] = /attach .* --timeout (\d+)h/.exec(blocks.find((one) => fileOf(one) === script)?.text ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThan(Number(limit));
});
