import { ownSocketFolders } from '../api/socket-folders.ts';
import { builtinContracts, createServer, type Server } from '../index.ts';
import { openObservers } from '../observe/open-observers.ts';
import { reportFault } from '../observe/report-fault.ts';
import { EventPump } from '../shell/output/pump.ts';
import { welcome } from '../shell/prompt/welcome.ts';
import { Workflows } from '../workflow/workflows.ts';
import { connectedCount } from './clients-ready.ts';
import { loadPrompt, openOutput } from './open-output.ts';
import type { OwnClients } from './own-clients.ts';
import { Report } from './report.ts';
import type { Shown } from './run-shell.ts';
import { Secrets } from './secrets.ts';
import type { ServerCommandOptions } from './server-options.ts';
import { spawnedNames } from './spawned-clients.ts';
import { openServerStore } from './store/open-store.ts';
import type { Surroundings } from './surroundings.ts';
import { createWarn } from './warn.ts';

const defaultEndpoint = 'tcp://127.0.0.1:5555';

/** A listening server with its output. */
export interface BuiltServer {
  readonly server: Server;
  /** Undefined without a prompt or script. */
  readonly shown: Shown | undefined;
}

/** Opens everything a server needs, and adds each part to `cleanup` at once. Starts its own clients unless they run. */
export async function buildServer(
  options: ServerCommandOptions,
  { host, logger, added, own, cleanup }: Surroundings & { own: OwnClients | undefined; cleanup: AsyncDisposableStack },
): Promise<BuiltServer> {
  const { spawn = 0, insecure = false } = options;
  const fullPrompt = await loadPrompt(options, host);
  const warn = createWarn(options, host, logger);
  const observing = cleanup.use(await openObservers(options, host, logger));
  if (insecure && options.keys === undefined) warn('--insecure: anyone who can reach this endpoint can join');
  const bind = options.bind ?? own?.endpoint ?? defaultEndpoint;
  const hasOwnEndpoint = (options.bind !== undefined || !own) && !bind.endsWith(':*');
  const store = await openServerStore(options, {
    endpoint: hasOwnEndpoint ? bind : undefined,
    env: host.env,
    openers: added?.stores,
    warn,
  });
  if (store) cleanup.use(store);
  const collections = store && (<Value>(name: string) => store.collection<Value>(name));
  const { ServerOperators } = await import('./server-operators.ts');
  const lasting = store?.isDurable ? collections : undefined;
  const operating = cleanup.use(
    await ServerOperators.open(options, { collections: lasting, hangups: host.hangups, warn }),
  );
  const secrets = new Secrets(options.secrets ?? {}, { env: host.env, warn });
  secrets.check();
  const workflows = new Workflows({
    collections,
    secretRefusal: secrets.refusalOf,
    acting: operating.operators,
    ...{ folder: options.workflows, lostAfterMs: options.lostAfter, keepMs: options.keep, warn },
  });
  const { Standing } = await import('../standing/standing.ts');
  const isAlone = own !== undefined && options.bind === undefined;
  const standing = new Standing({ mayHold: store !== undefined || isAlone, warn });
  const { Notify } = await import('../notify/notify.ts');
  const notify = new Notify();
  const server = cleanup.use(
    await createServer({
      bind,
      ...(own && options.bind !== undefined && { privateBind: own.endpoint }),
      commands: [...(await builtinContracts()), ...(added?.contracts ?? [])],
      lostAfterMs: options.lostAfter,
      recoverWithinMs: options.recoverWithin,
      ...(store && { store, keep: { forMs: options.keep, maxBytes: options.keepBytes } }),
      ...(options.group && { groups: options.group }),
      secretOf: secrets.textOf,
      adopt: options.adopt ?? false,
      insecure,
      ...(options.keys !== undefined && { keys: options.keys }),
      observers: [...observing.observers, ...(added?.observers ?? [])],
      // Tracing comes last, so that refused commands have no spans.
      interceptors: [...(added?.interceptors ?? []), ...observing.interceptors],
      guard: operating.guard,
      ...(observing.onControl && { onControl: observing.onControl }),
      methods: new Map([
        ...(added?.methods ?? []),
        ...workflows.methods,
        ...standing.methods,
        ...operating.methods,
        ...notify.methods,
      ]),
      onFault: reportFault(options, host, logger),
    }),
  );
  cleanup.use(workflows);
  cleanup.use(standing);
  cleanup.use(notify);
  // Do not await between here and the reading output: an outcome without a reader counts as written.
  observing.onStart(server);
  const shown = options.headless ? undefined : show(server, { options, host, fullPrompt, cleanup });

  await operating.start(server);
  await workflows.start(server);
  standing.start(server, options.standing?.definitions ?? {});
  const { again } = options.standing ?? {};
  if (again) cleanup.use(host.hangups.listen(() => standing.replace(again)));
  const { startNotify } = await import('./server-notify.ts');
  cleanup.use(
    await startNotify(notify, options, {
      ...{ server, store, host, logger, warn },
      ...{ kinds: added?.channels, addMetrics: observing.addMetrics },
    }),
  );
  if (hasOwnEndpoint) {
    const { openApi } = await import('./open-api.ts');
    const { socketDir } = options;
    const api = await openApi(server, { socketDir, endpoint: bind, folders: ownSocketFolders(host.env), warn });
    if (api) {
      cleanup.use(api);
      logger?.info(api.paths, 'answering programs');
    }
  }
  if (options.api) {
    const { openHttps } = await import('./open-https.ts');
    const { operators } = operating ?? {};
    const { addMetrics } = observing;
    const given = { at: options.api, options, operators, hangups: host.hangups, logger, addMetrics, warn };
    cleanup.use(await openHttps(server, given));
  }
  if (options.presence) {
    const { openServerPresence } = await import('../plugins/presence/programs/server-presence.ts');
    cleanup.use(
      await openServerPresence({
        ...{ at: options.presence, insecure, userSecretFile: options.userSecretFile, storeAddress: options.store },
        ...{ collections, log: logger, warn, addMetrics: observing.addMetrics, tracer: observing.tracer },
      }),
    );
  }
  const health = async () => `listening on ${server.endpoint}, clients connected: ${await connectedCount(server)}`;
  if (options.health !== undefined) {
    const { answerHealth } = await import('./health.ts');
    cleanup.use(await answerHealth(options.health, health));
  }
  // Before any client joins. If the terminal is already gone, the program ends in order later.
  if (shown?.open.prompt) {
    const { prompt, style } = shown.open;
    const expected = await expectedNames(server);
    const joining = { spawns: spawn > 0, hasKeys: options.keys !== undefined, expected };
    await prompt.write(`${welcome(server, style, joining)}\n`).catch(() => {});
  }
  if (own) {
    own.start();
    // Before the server ends.
    cleanup.defer(() => own.end());
  }
  added?.start(server);
  return { server, shown };
}

/** Must not await: see the caller. */
function show(
  server: Server,
  { cleanup, ...opening }: Parameters<typeof openOutput>[1] & { cleanup: AsyncDisposableStack },
): Shown {
  const open = cleanup.use(openOutput(server, opening));
  const { output } = open;
  const isOfOurs = (client: string) => spawnedNames(opening.options.spawn ?? 0).includes(client);
  return {
    open,
    report: new Report(output, new EventPump(server, output, { isOfOurs }), { showsOthers: open.prompt !== undefined }),
  };
}

/** Empty if the owner may not list clients. */
async function expectedNames(server: Server): Promise<string[]> {
  const clients = await server.clients().catch(() => []);
  return clients.flatMap(({ name, expected }) => (expected ? [name] : []));
}
