// A plug-in in one file: a command, an observer and an interceptor.
//
//   npx signalbox server --plugin ./examples/plugin/grep.ts --spawn 1 -c 'start; grep root /etc/passwd'
import { open } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { defineCommand, definePlugin, implement, SignalboxError } from 'signalbox';
import { z } from 'zod';

const grep = defineCommand({
  name: 'grep',
  summary: 'Print the lines of a file on the client that contain a text.',
  args: z.strictObject({
    pattern: z.string().min(1).max(1_000).meta({ description: 'plain text, not a regular expression' }),
    file: z
      .string()
      .refine((path) => isAbsolute(path))
      .meta({ description: 'on the client', form: 'an absolute path, such as /etc/passwd' }),
    ignoreCase: z.boolean().default(false).meta({ description: 'ignore upper and lower case', named: true }),
  }),
  result: z.strictObject({ matched: z.number().int(), lines: z.number().int() }),
  example: 'grep root /etc/passwd',
  describe: ({ matched, lines }) => `${matched} of ${lines} lines match`,
});

const maxLineLength = 64 * 1024;

// Searching for plain text takes linear time, and the client stays responsive between two chunks. A regular expression from the
// caller could block it.
const grepFile = implement(grep, async ({ pattern, file, ignoreCase }, job) => {
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const wanted = fold(pattern);
  const counts = { matched: 0, lines: 0 };
  const take = (line: string) => {
    counts.lines += 1;
    if (!fold(line).includes(wanted)) return;
    counts.matched += 1;
    job.output('stdout', `${line}\n`);
  };
  await using handle = await open(file, 'r');
  if (!(await handle.stat()).isFile()) throw new Error(`${file} is no regular file`);
  let rest = '';
  for await (const chunk of handle.createReadStream({ encoding: 'utf8', signal: job.signal, autoClose: false })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    if (rest.length > maxLineLength) throw new Error(`a line of ${file} is longer than ${maxLineLength} characters`);
  }
  if (rest !== '') take(rest);
  return counts;
});

export default definePlugin({
  name: 'grep',
  apiVersion: 1,
  options: z.strictObject({
    root: z.string().default('/').meta({ description: 'refuse files outside of this folder' }),
    summary: z.boolean().default(false).meta({ description: 'print the number of matching lines at the end' }),
  }),
  setup(host, { root, summary }) {
    host.command(grepFile);

    let matched = 0;
    host.observer({
      name: 'grep',
      on(event) {
        if (event.type !== 'job.settled' || event.command !== grep.name) return;
        const result = grep.result.safeParse(event.result);
        if (result.success) matched += result.data.matched;
      },
    });
    host.onEnd(() => {
      if (summary && host.side === 'server') process.stderr.write(`grep: ${matched} lines matched\n`);
    });

    host.interceptor(async (call, next) => {
      if (call.method === 'submit' && call.command === grep) {
        const { file } = grep.args.parse(call.args);
        if (relative(resolve(root), resolve(file)).startsWith('..')) {
          throw new SignalboxError('not_allowed', `grep: ${file} is outside of ${root}`);
        }
      }
      return await next(call);
    });
  },
});
