import { randomBytes } from 'node:crypto';
import { ClientService } from '../../schemas/api/signalbox/v1/clients_pb.js';
import { JobService as Jobs } from '../../schemas/api/signalbox/v1/jobs_pb.js';
import { ServerService } from '../../schemas/api/signalbox/v1/server_pb.js';
import { SignalboxError } from '../../schemas/errors.ts';
import type { ArgsOf, CommandContract, JobSignal, ResultOf } from '../../schemas/index.ts';
import type { EmittedRecord } from '../jobs/received-records.ts';
import type { OutputRun } from '../kept-output.ts';
import { clientViewOf } from '../messages/from-client-message.ts';
import { jobViewOf } from '../messages/from-job-messages.ts';
import { given } from '../messages/given.ts';
import { keyMessage } from '../messages/job-messages.ts';
import { jsonObjectOf, plainOfMessage, valueMessageOf } from '../messages/values.ts';
import type { ClientView } from '../plugin/client-view.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type {
  EventReader,
  HistoryFilter,
  HistoryPage,
  JobDetails,
  JobKey,
  JobService,
  JobView,
  ListFilter,
  SubmitOptions,
  WatchOptions,
} from '../plugin/job-service.ts';
import type { CancelOptions } from '../plugin/send-options.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import { RemoteCore, type RemoteOptions } from './remote-core.ts';
import { RemoteGroup } from './remote-group.ts';
import { RemoteJob } from './remote-job.ts';
import { RemoteReader } from './remote-reader.ts';

const localPrefix = 'local:';

/**
 * The service of a server in another process. It reconnects automatically and continues where it was: calls wait
 * meanwhile, and a submission whose response was lost is repeated with its key, so that it happens once.
 */
export class RemoteJobService implements JobService, AsyncDisposable {
  private readonly core: RemoteCore;
  private readonly by: { readonly as: string | undefined };

  private constructor(core: RemoteCore, name: string | undefined) {
    this.core = core;
    this.by = { as: name };
  }

  /**
   * @param signal cancels connecting; has no effect later.
   * @throws SignalboxError `cannot_connect`; the reason of `signal`.
   */
  static async connect(options: RemoteOptions, signal?: AbortSignal): Promise<RemoteJobService> {
    const core = new RemoteCore(options);
    try {
      await rejectOnAbort(core.connect(), signal);
    } catch (error) {
      core.close();
      throw error;
    }
    return new RemoteJobService(core, options.as);
  }

  get bootId(): string {
    return this.core.bootId;
  }

  get endpoint(): string {
    return this.core.endpoint;
  }

  /** Version of the server. */
  get version(): string {
    return this.core.version;
  }

  get commands(): ReadonlyMap<string, CommandContract> {
    return this.core.commands;
  }

  get groups(): ReadonlyMap<string, string> {
    return this.core.groups;
  }

  /** The actor of this caller, as in events. */
  get actor(): string {
    return this.by.as === undefined ? this.core.actor : `${localPrefix}${this.by.as}`;
  }

  /** Resolves when the connection is closed: with `unknown` if the server was away for too long. */
  get closed(): Promise<SignalboxError | undefined> {
    return this.core.closed;
  }

  /** @param options.signal has an effect until the command is sent, and while the server is away. */
  async submit<C extends CommandContract>(
    target: string | readonly string[],
    command: C,
    args: ArgsOf<C>,
    options: SubmitOptions = {},
  ): Promise<JobGroup<ResultOf<C>>> {
    const { signal, key, expiresInMs, timeoutMs, traceparent, pick, batch, maxFailures } = options;
    signal?.throwIfAborted();
    if (options.secrets)
      throw new SignalboxError('bad_usage', 'secrets are only permitted in the process of the server');
    const request = {
      targets: listOf(target),
      command: command.name,
      args: jsonObjectOf(args),
      key: key ?? randomBytes(12).toString('base64url'),
      ...given({
        expiresInMs,
        timeoutMs,
        traceparent,
        pick,
        batch: batch?.toString(),
        maxFailures: maxFailures?.toString(),
      }),
    };
    let attempts = 0;
    const group = await this.core.held.sending(async () => {
      const make = () => {
        attempts += 1;
        const keyIsNew = attempts === 1 && (key === undefined || (options.keyIsNew ?? false));
        return this.core.link.unary(Jobs.method.submit, { ...request, keyIsNew }, this.by);
      };
      const { id, number, jobs } = await this.core.call(make, { signal });
      const handles = jobs.map(
        ({ client = null, ...job }) =>
          new RemoteJob({ ...job, client, id, number: Number(number), command: command.name }, this.ask),
      );
      for (const handle of handles) this.core.held.hold(handle);
      return new RemoteGroup({ id, number: Number(number) }, handles, this.ask);
    });
    // Its jobs may already have started or ended.
    if (key !== undefined || attempts > 1) void this.core.lookUp(group.jobs);
    return group as JobGroup<unknown> as JobGroup<ResultOf<C>>;
  }

  async cancel(jobs: readonly JobKey[], { unsent = false }: CancelOptions = {}): Promise<void> {
    if (jobs.length === 0) return;
    await this.core.call(() => this.core.link.unary(Jobs.method.cancel, { jobs: keysOf(jobs), unsent }, this.by));
  }

  async signal(jobs: readonly JobKey[], signal: JobSignal): Promise<void> {
    if (jobs.length === 0) return;
    const make = () => this.core.link.unary(Jobs.method.signal, { jobs: keysOf(jobs), signal }, this.by);
    await this.core.call(make, { isRepeatable: false });
  }

  async get(job: JobKey): Promise<JobDetails> {
    return await this.core.get(job, this.by.as);
  }

  async list({ state = '' }: { readonly state?: ListFilter['state'] | '' } = {}): Promise<JobView[]> {
    return await this.core.call(async () => {
      const jobs: JobView[] = [];
      for await (const part of this.core.link.stream(Jobs.method.list, { state }, this.by)) {
        for (const job of part.jobs) jobs.push(jobViewOf(job));
      }
      return jobs;
    });
  }

  async history(filter: HistoryFilter = {}, page: { limit?: number; from?: string } = {}): Promise<HistoryPage> {
    const { outcomes = [], number, ...rest } = filter;
    const request = {
      ...given(rest),
      outcomes: [...outcomes],
      ...(number !== undefined && { number: BigInt(number) }),
      ...given(page),
    };
    return await this.core.call(async () => {
      const jobs: JobView[] = [];
      let next: string | undefined;
      for await (const part of this.core.link.stream(Jobs.method.history, request, this.by)) {
        for (const job of part.jobs) jobs.push(jobViewOf(job));
        next = part.next ?? next;
      }
      return { jobs, next };
    });
  }

  async output(job: JobKey): Promise<readonly OutputRun[]> {
    return await this.core.call(() => this.core.outputOf(job));
  }

  async records(job: JobKey): Promise<readonly EmittedRecord[]> {
    return await this.core.call(async () => {
      const records: EmittedRecord[] = [];
      for await (const part of this.core.link.stream(Jobs.method.records, { job: keyMessage(job) }, this.by)) {
        for (const { offset, value } of part.records) {
          records.push({ offset: Number(offset), value: value && plainOfMessage(value) });
        }
      }
      return records;
    });
  }

  async clients(): Promise<ClientView[]> {
    return await this.core.call(async () => {
      const clients: ClientView[] = [];
      for await (const part of this.core.link.stream(ClientService.method.list, {}, this.by)) {
        for (const client of part.clients) clients.push(clientViewOf(client));
      }
      return clients;
    });
  }

  async forget(client: string): Promise<void> {
    await this.core.call(() => this.core.link.unary(ClientService.method.forget, { client }, this.by));
  }

  async resolve(target: string | readonly string[]): Promise<string[]> {
    const request = { targets: listOf(target) };
    const { clients } = await this.core.call(() =>
      this.core.link.unary(ClientService.method.resolve, request, this.by),
    );
    return clients;
  }

  async waitForClients(count: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const options = { ...this.by, signal };
    await this.core.call(() => this.core.link.unary(ClientService.method.waitForClients, { count }, options), {
      signal,
    });
  }

  watch({ signal, from }: WatchOptions = {}): EventReader {
    if (from === undefined) return this.core.events.watch(signal);
    return new RemoteReader((ended) => this.core.follow(from, ended), signal);
  }

  async call(method: string, request: unknown, { signal }: { readonly signal?: AbortSignal } = {}): Promise<unknown> {
    const options = { ...this.by, signal };
    const asked = { method, request: valueMessageOf(request) };
    const { response } = await this.core.call(() => this.core.link.unary(ServerService.method.call, asked, options), {
      isRepeatable: false,
      signal,
    });
    return response && plainOfMessage(response);
  }

  as(actor: string): RemoteJobService {
    return new RemoteJobService(this.core, actor.startsWith(localPrefix) ? actor.slice(localPrefix.length) : actor);
  }

  /** Closes the connection. Submitted jobs continue. */
  async close(): Promise<void> {
    this.core.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private readonly ask = (jobs: readonly JobKey[]): Promise<void> => this.cancel(jobs);
}

const listOf = (target: string | readonly string[]): string[] => (typeof target === 'string' ? [target] : [...target]);
const keysOf = (jobs: readonly JobKey[]) => jobs.map(keyMessage);
