import { builtinContracts } from '../../builtin-contracts.ts';
import type { Host } from '../../host/host.ts';
import type { Named } from '../attach/whereabouts.ts';
import { isExtended, type runCli } from '../cli.ts';
import { describeProgram } from '../command-tree.ts';
import { contextsPath } from '../context/contexts-path.ts';
import { askOperators, askServer } from './ask-server.ts';
import { type Around, completeLine } from './complete-line.ts';
import { replyOf } from './reply.ts';
import { completionScripts } from './scripts.ts';
import { readTypedLine } from './typed-line.ts';

interface Surroundings {
  readonly host: Host;
  readonly extend: NonNullable<Parameters<typeof runCli>[1]['extend']>;
}

/** `signalbox completion SHELL` */
export async function printCompletion(shell: keyof typeof completionScripts, { stdout }: Host): Promise<number> {
  await stdout.write(completionScripts[shell]);
  return 0;
}

/** `signalbox complete LINE [WORD-BREAKS]`, which the scripts call. Only bash gives word breaks. */
export async function answerCompletion(
  line: string,
  wordBreaks: string | undefined,
  { host, extend }: Surroundings,
): Promise<number> {
  const typed = readTypedLine(line, wordBreaks);
  const completions = await completeLine(describeProgram(), typed, aroundFor({ host, extend }));
  await host.stdout.write(replyOf(completions, typed, wordBreaks !== undefined));
  return 0;
}

function aroundFor({ host, extend }: Surroundings): Around {
  const whereIs = (values: ReadonlyMap<string, string>) => ({
    socketDir: values.get('--socket-dir') ?? host.env.SIGNALBOX_SOCKET_DIR,
    env: host.env,
  });
  const namedBy = (values: ReadonlyMap<string, string>): Named => {
    const { SIGNALBOX_CONTEXT, SIGNALBOX_SOCKET_DIR, SIGNALBOX_TOKEN_FILE } = host.env;
    return {
      context: values.get('--context') ?? SIGNALBOX_CONTEXT,
      socketDir: values.get('--socket-dir') ?? SIGNALBOX_SOCKET_DIR,
      tokenFile: values.get('--token-file') ?? SIGNALBOX_TOKEN_FILE,
      tlsCa: values.get('--tls-ca'),
      tlsCert: values.get('--tls-cert'),
      tlsKey: values.get('--tls-key'),
    };
  };
  return {
    async extend(command, args) {
      if (isExtended(command, args, host.env)) await extend(command, args, []);
    },
    async completeShellLine(line, { subcommand, positionals, values }) {
      const [{ complete }, { builtins }, served] = await Promise.all([
        import('../../shell/prompt/complete.ts'),
        import('../../shell/builtins.ts'),
        subcommand === 'attach' ? askServer(positionals[0], namedBy(values), { env: host.env, line }) : undefined,
      ]);
      const context = { ...(served ?? (await serverThatBegins())), isScript: true };
      return complete(line, { ...context, builtins: new Map(builtins.map((one) => [one.name, one])) });
    },
    async servers({ values }) {
      const { socketFolders, socketsIn } = await import('../../api/find-servers.ts');
      return socketsIn(socketFolders(whereIs(values))).map(({ connect }) => ({ text: connect, about: 'a server' }));
    },
    async credentials({ values }) {
      const { KeyStore } = await import('../../keys/key-store.ts');
      try {
        const allowed = new KeyStore(values.get('--keys') ?? host.env.SIGNALBOX_KEYS ?? 'keys').list();
        return allowed.map(({ name, replicas }) => ({ text: name, about: replicas ? 'with replicas' : '' }));
      } catch {
        // No keys, or not readable by this user: `keys revoke` reports it.
        return [];
      }
    },
    async operators({ values }) {
      return await askOperators(values.get('--at'), whereIs(values));
    },
    async contexts() {
      const path = contextsPath(host.env);
      if (path === undefined) return [];
      const { readContexts } = await import('../context/contexts.ts');
      try {
        return [...readContexts(path).all].map(([text, { address }]) => ({ text, about: address }));
      } catch {
        // Not valid: `context list` reports it.
        return [];
      }
    },
    async commands() {
      const contracts = await builtinContracts();
      return contracts.map(({ name, summary }) => ({ text: name, about: summary }));
    },
  };
}

/** A server that is started with the line has no clients and no jobs yet. */
async function serverThatBegins() {
  const { controlCommands } = await import('../../../schemas/control.ts');
  const contracts = [...controlCommands, ...(await builtinContracts())];
  return { commands: new Map(contracts.map((one) => [one.name, one])), clients: () => [], jobs: () => [] };
}
