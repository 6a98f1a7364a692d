import type { JobService } from '../../src/index.ts';
import { builtins } from '../../src/shell/builtins.ts';
import { EventPump } from '../../src/shell/output/pump.ts';
import { TextOutput } from '../../src/shell/output/text.ts';
import { complete } from '../../src/shell/prompt/complete.ts';
import { Shell } from '../../src/shell/shell.ts';
import { MemorySink } from '../support/in-process-shell.ts';
import type { World } from './twins.ts';
import { eventsOf } from './ways-by-calls.ts';

export const waysTyped: readonly [line: string][] = [
  ['clients'],
  ['clients @prod'],
  ['clients --forget prod'],
  ['use @prod'],
  ['jobs'],
  ['jobs --limit 100'],
  ['jobs --client prod'],
  ['jobs --command stepwise --limit 100'],
  ['jobs --actor operator:other'],
  ['jobs --outcome failed'],
  ['job %HIDDEN'],
  ['job %HIDDEN/prod'],
  ['job last'],
  ['logs %HIDDEN'],
  ['logs last'],
  ['rerun %HIDDEN'],
  ['rerun %HIDDEN --failed'],
  ['cancel %HIDDEN'],
  ['cancel %HIDDEN --unsent'],
  ['signal %HIDDEN INT'],
  ['wait %HIDDEN'],
  ['@prod run true'],
  ['@env=test run --dry-run true'],
  ['@all run --dry-run true'],
  ['@all run echo tried'],
  ['@all run --pick 2 true'],
  ['@tess,prd run true'],
  ['@secret run true'],
  ['@tess stepwise x'],
  ['@tess stepwse x'],
  ['stop'],
  ['help'],
  ['help stepwise'],
  ['workflow list'],
  ['workflow show HIDDEN_RUN'],
  ['workflow run buried'],
  ['workflow approve HIDDEN_RUN/b'],
  ['schedule list'],
  ['schedule show buried'],
  ['expect completed @prod run true'],
];

/** Typed into an attached script. @returns everything that is written, and the exit code. */
export async function typed(service: JobService, { hidden }: World, line: string): Promise<unknown> {
  // Otherwise earlier events could be shown in between.
  await eventsOf(service, undefined);
  const [out, err] = [new MemorySink(), new MemorySink()];
  const output = new TextOutput({ out, err, commands: service.commands, atPrompt: false });
  const pump = new EventPump(service, output);
  const { signal } = new AbortController();
  const shell = new Shell({ service, output, events: pump, atPrompt: false, keepGoing: true, signal });
  const meant = line.replace('%HIDDEN', `%${hidden.number}`).replace('HIDDEN_RUN', `${hidden.run}`);
  for (const [index, one] of [meant, 'wait'].entries())
    await shell.run({ source: 'tried', line: index + 1, text: one });
  return { out: out.text, err: err.text, exitCode: shell.exitCode };
}

const beginnings = [
  '',
  '@',
  '@p',
  '@s',
  '@floor=',
  '@role=',
  '@env=',
  's',
  'help ',
  'cancel ',
  'job ',
  'logs ',
  'jobs --client ',
  'workflow run ',
  'schedule show ',
];

/** The completions of Tab after each beginning. */
export async function completed(service: JobService): Promise<unknown> {
  const [clients, { jobs }] = [await service.clients(), await service.history({ kind: 'data' }, { limit: 100 })];
  const { workflows } = (await service.call('workflow/list', { limit: 100 })) as { workflows: { name: string }[] };
  const known = {
    commands: service.commands,
    builtins: new Map(builtins.map((builtin) => [builtin.name, builtin])),
    groups: service.groups,
    clients: () => clients,
    jobs: () => jobs.toReversed(),
  };
  return { workflows, offered: beginnings.map((line) => [line, complete(line, known).candidates]) };
}
