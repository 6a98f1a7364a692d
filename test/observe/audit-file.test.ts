import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EndBound } from '../../src/host/end-bound.ts';
import { openAuditFile } from '../../src/observe/audit/audit-file.ts';
import { MemorySink } from '../support/in-process-shell.ts';
import { newFolder } from '../support/new-folder.ts';
import { startInShell } from '../support/program.ts';

test('text from a peer cannot control a terminal that shows the audit file', async () => {
  const folder = newFolder();
  const path = join(folder, 'audit');
  const client = '\u009b31m\u007f\u0085\u2028\u202e\u001b[2J';
  {
    const endBound = new EndBound(new MemorySink(), () => {});
    await using audit = await openAuditFile(path, { onFailure: () => {}, endBound });
    audit.write({ event: 'left', ts: 1, client, reason: 'gone' });
    // It waits for the previous write.
    audit.write({ event: 'left', ts: 1, client: 'w2', reason: 'gone' });
  }
  const [text = '', second = ''] = readFileSync(path, 'utf8').split(/(?<=\n)/);
  expect(JSON.parse(second)).toMatchObject({ event: 'left', client: 'w2' });
  expect(text).toMatch(/^[ -~]+\n$/);
  expect(JSON.parse(text)).toMatchObject({ event: 'left', client });
});

test('an audit file that cannot be written is reported, and continues with whole lines when there is room again', async () => {
  const folder = newFolder();
  const audit = join(folder, 'audit');
  // A limit on the file size simulates a full disk.
  await using server = startInShell('ulimit -f 1; exec "$@"', '--spawn', '1', '--audit', audit);
  server.type('start', ...Array.from({ length: 20 }, () => 'ping'));
  await server.line(/audit log cannot be written: EFBIG/);
  await server.line(/21 ping completed/);
  truncateSync(audit);
  server.type('ping').end();
  expect(await server.exitCode()).toBe(0);
  const text = readFileSync(audit, 'utf8');
  const [, ...whole] = text.split('\n').slice(0, -1);
  expect(whole.map((line) => JSON.parse(line).event)).toContain('outcome');
  expect(server.err.filter((line) => line.includes('audit log'))).toHaveLength(1);
});
