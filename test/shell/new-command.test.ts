import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import type { Sink } from '../../src/host/sink.ts';
import { createClient, createServer, defineCommand, implement, start } from '../../src/index.ts';
import { JsonOutput } from '../../src/shell/output/json.ts';
import { EventPump } from '../../src/shell/output/pump.ts';
import { TextOutput } from '../../src/shell/output/text.ts';
import { complete } from '../../src/shell/prompt/complete.ts';
import { Shell } from '../../src/shell/shell.ts';
import { knownIn } from '../support/hinting.ts';

// A new command consists of its contract and its implementation. Nothing else is edited.
const greet = defineCommand({
  name: 'greet',
  summary: 'Greet somebody.',
  args: z.strictObject({
    who: z.string().max(20).meta({ description: 'the name' }),
    times: z.int().min(1).max(5),
    style: z.enum(['plain', 'loud']).optional(),
    twice: z.boolean().default(false).meta({ description: 'greet again' }),
    quiet: z.boolean().default(false),
  }),
  result: z.strictObject({ greetings: z.array(z.string()) }),
  example: 'greet Ada 2',
});
const greetCommand = implement(greet, ({ who, times, style }, job) => {
  const greetings = Array.from({ length: times }, () => (style === 'loud' ? `HELLO ${who}` : `hello ${who}`));
  job.output('stdout', 'greeting\n');
  return { greetings };
});

async function scene() {
  const server = await createServer({ bind: 'tcp://127.0.0.1:*', commands: [greet] });
  const client = await createClient({ connect: server.endpoint, name: 'w1', commands: [greetCommand], ready: true });
  await server.waitForClients(1);
  const lines: string[] = [];
  const sink: Sink = {
    async write(text) {
      lines.push(...text.trimEnd().split('\n'));
    },
  };
  return {
    server,
    sink,
    lines,
    shell(output: ConstructorParameters<typeof Shell>[0]['output']) {
      const events = new EventPump(server, output);
      return new Shell({
        service: server,
        output,
        events,
        atPrompt: false,
        keepGoing: true,
        signal: new AbortController().signal,
      });
    },
    text: () => new TextOutput({ out: sink, err: sink, commands: server.commands, atPrompt: false }),
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
    },
  };
}

const place = (text: string) => ({ source: 'test', line: 1, text });

test('it is parsed and sent, and its outcome is shown', async () => {
  await using here = await scene();
  const shell = here.shell(here.text());
  await shell.run(place('greet Ada 2 --style loud'));
  await shell.tally.settled();
  expect(here.lines).toContain('w1 | greeting');
  expect(here.lines.at(-1)).toMatch(/^w1: 1 greet completed in \d+ ms: \{"greetings":\["HELLO Ada","HELLO Ada"\]\}$/);
  expect(shell.tally.exitCode).toBe(0);
});

test('wrong arguments are explained by its contract', async () => {
  await using here = await scene();
  const shell = here.shell(here.text());
  await shell.run(place('greet Ada 9'));
  expect(here.lines.join('\n')).toContain("TIMES must be a whole number from 1 to 5, not '9'");
  expect(here.lines.join('\n')).toContain('example: greet Ada 2');
  expect(shell.tally.exitCode).toBe(2);
});

test('help lists and explains it', async () => {
  await using here = await scene();
  const shell = here.shell(here.text());
  await shell.run(place('help; help greet'));
  expect(here.lines.filter((line) => line.includes('Greet somebody.'))).toHaveLength(2);
  expect(here.lines.join('\n')).toContain('WHO: text of at most 20 characters; the name');
  expect(here.lines).toContain('  --twice, --no-twice: greet again');
  expect(here.lines).toContain('  --quiet, --no-quiet');
});

test('completion offers it, its options and the values of its enums', async () => {
  await using here = await scene();
  const known = await knownIn({ shell: here.shell(here.text()) });
  const at = (line: string) => complete(line, known).candidates.map(({ text }) => text);
  expect(at('gr')).toEqual(['greet']);
  expect(at('greet Ada 2 --s')).toEqual(['--style']);
  expect(at('greet Ada 2 l')).toEqual(['loud']);
  expect(at('@w')).toEqual(['@w1']);
  expect(at('help gr')).toEqual(['greet']);
});

test('its outcome in JSON looks like every other', async () => {
  await using here = await scene();
  const shell = here.shell(new JsonOutput(here.sink));
  await shell.run(place('greet --times 1 --who Ada'));
  await shell.tally.settled();
  const objects = here.lines.map((line) => JSON.parse(line));
  expect(objects.map(({ type }) => type)).toEqual(['accepted', 'output', 'result']);
  expect(objects.at(-1)).toMatchObject({ command: 'greet', client: 'w1', result: { greetings: ['hello Ada'] } });
});

test('its arguments and its result are typed by the contract', async () => {
  await using here = await scene();
  await (await here.server.submit('w1', start, {})).outcomes;
  const [outcome] = await (await here.server.submit('w1', greet, { who: 'Ada', times: 1 })).outcomes;
  if (outcome?.outcome !== 'completed') throw new Error(`it was ${outcome?.outcome}`);
  expectTypeOf(outcome.result).toEqualTypeOf<{ greetings: string[] }>();
  // @ts-expect-error the contract wants a number
  await expect(here.server.submit('w1', greet, { who: 'Ada', times: 'often' })).rejects.toThrow(/times/);
});
