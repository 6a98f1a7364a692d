import { SignalboxError } from '../../../schemas/errors.ts';
import type { ConnectionNews } from '../../remote/remote-core.ts';
import type { RemoteJobService } from '../../remote/remote-job-service.ts';
import { EventPump } from '../../shell/output/pump.ts';
import { clientsReady } from '../clients-ready.ts';
import { loadPrompt, openOutput } from '../open-output.ts';
import { Report } from '../report.ts';
import { runShell } from '../run-shell.ts';
import { scriptInput } from '../script-input.ts';
import { isAtPrompt } from '../server-options.ts';
import type { Surroundings } from '../surroundings.ts';
import type { AttachOptions } from './attach-options.ts';
import { connect } from './connect.ts';
import { describeNews, describeRelease } from './connection-news.ts';
import { findServer } from './find-server.ts';
import { attachedAdvice, goesOn } from './leaving.ts';

/** `signalbox attach`: prompt, scripts and `-c` on a running server, which keeps running afterwards. */
export async function attachCommand(
  address: string | undefined,
  options: AttachOptions,
  { host, added }: Pick<Surroundings, 'host' | 'added'>,
): Promise<number> {
  const atPrompt = isAtPrompt(options, host);
  if (atPrompt && options.detach) {
    throw new SignalboxError(
      'bad_usage',
      '--detach is only for -c and scripts; jobs continue whenever you leave a prompt',
    );
  }
  const input = !atPrompt && options.command === undefined ? scriptInput(host.stdin) : undefined;
  const { path, as, again: server, decided } = await findServer(address, options, host.env, options.command);
  if (decided !== undefined) void host.stderr.write(`${decided}\n`);
  const prompt = loadPrompt(options, host);
  let hear = (_: ConnectionNews): void => {};
  const connected = await connect(
    {
      path,
      as,
      atOnce: !atPrompt,
      // At a prompt, the user can wait or leave.
      awayMs: atPrompt ? undefined : options.connectTimeout,
      onNews: (news) => hear(news),
    },
    options,
    host,
  );
  if (typeof connected === 'number') return connected;
  await using service = connected;
  const open = openOutput(service, { options: { ...options, isAttached: true }, host, fullPrompt: await prompt });
  await using _ = open;
  const { output } = open;
  const showsOthers = atPrompt || options.events === true;
  const events = new EventPump(service, output, { onlyOwn: !showsOthers });
  const report = new Report(output, events, { showsOthers });
  const say = (text: string, facts?: object): void => {
    if (atPrompt) output.note(text);
    else if (options.output === 'text') output.status(text);
    else if (facts) output.say(text, facts);
    else void host.stderr.write(`${text}\n`);
  };
  const sayRelease = (): void => {
    const other = describeRelease(service.version);
    if (other !== undefined) say(other);
  };
  hear = (news) => {
    say(describeNews(news), news.type === 'missed' ? { type: 'missed', message: news.error.message } : undefined);
    const isRestarted = news.type === 'back' && news.isRestarted;
    if (isRestarted) sayRelease();
    if (isRestarted || news.type !== 'back') events.gap();
  };
  if (open.prompt) await open.prompt.write(greeting(service, open.style('bold', 'Signalbox'))).catch(() => {});
  sayRelease();
  return await runShell(
    { open, report },
    {
      ...{ service, options, host, input, builtins: added?.builtins ?? [] },
      clientsReady: (halt) =>
        clientsReady(
          service,
          {
            count: options.waitClients ?? 0,
            timeoutMs: options.connectTimeout,
            onWait: (text) => output.status(text),
          },
          halt,
        ),
      detach: options.detach ?? false,
      leftover: (jobs) => goesOn(jobs, server),
      advice: (jobs) => attachedAdvice(jobs, server),
      farewell: async ({ tally }) => goesOn(tally.unsettled, server),
    },
  );
}

function greeting({ endpoint, actor }: RemoteJobService, name: string): string {
  return `${name}, attached to the server on ${endpoint} as ${actor}\nTab completes, help lists all commands, Ctrl-D leaves; the server and its jobs continue.\n`;
}
