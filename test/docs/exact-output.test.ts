import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { JsonOutput } from '../../src/shell/output/json.ts';
import { MemorySink } from '../support/in-process-shell.ts';
import { stamped } from '../support/stamped.ts';

const hasJq = spawnSync('jq', ['--version']).status === 0;
const page = readFileSync(new URL('../../docs/scripting.md', import.meta.url), 'utf8');

/** The line of the page that writes the output of a client to a file; it reads standard input. */
function recipe(): string {
  const [, block = ''] = /```sh\n([^`]*base64 -d[^`]*)```/.exec(page) ?? [];
  const [pipe = ''] = /jq -r --arg client[\s\S]*?base64 -d/.exec(block) ?? [];
  return pipe.replace(/ \w+\.jsonl/, '');
}

const text = Buffer.from(`${'größe €5 😀 \u0000\u009b\u2028\ufeff\r\n'.repeat(50)}no line break at the end`);
const binary = Buffer.from(Array.from({ length: 3_000 }, (_, at) => (at * at * 31 + at * 7) % 256));

// .ci/run installs jq.
test.skipIf(!hasJq).each([
  ['text of several bytes a character', text],
  ['arbitrary bytes', binary],
  ['text and bytes in turn', Buffer.concat([text, binary, text, Buffer.from([0xe2, 0x82])])],
])('the recipe for exact output gives exactly the bytes: %s', (_, bytes) => {
  const sink = new MemorySink();
  const output = new JsonOutput(sink);
  const job = { id: 'boot.2', number: 2, client: 'w1', command: 'run' };
  for (let offset = 0, size = 1; offset < bytes.length; offset += size, size = (size % 37) + 1) {
    const data = bytes.subarray(offset, offset + size);
    void output.event(stamped({ type: 'job.output', ...job, stream: 'stdout', offset, data }));
    void output.event(stamped({ type: 'job.output', ...job, stream: 'stderr', offset, data }));
    void output.event(stamped({ type: 'job.output', ...job, client: 'w2', stream: 'stdout', offset, data }));
  }
  void output.event(stamped({ type: 'job.settled', ...job, outcome: 'completed', result: null, durationMs: 1 }));
  output.replay({ ...job, stream: 'stdout', offset: 0, data: bytes });
  const written = execFileSync('sh', ['-c', recipe()], { input: sink.text, env: { ...process.env, client: 'w1' } });
  expect(written.equals(bytes)).toBe(true);
});
