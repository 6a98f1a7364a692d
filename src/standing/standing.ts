import { z } from 'zod';
import { SignalboxError } from '../../schemas/index.ts';
import type { Server } from '../plugin/job-service.ts';
import type { ServiceMethod } from '../plugin/service-method.ts';
import { StandingJobs } from './standing-jobs.ts';
import { parseStandingLines, type StandingDefinitions } from './standing-line.ts';
import { standingRowSchema } from './standing-row.ts';

interface StandingOptions {
  /** Whether standing lines are possible here: their jobs must survive the server, or end with it. */
  readonly mayHold: boolean;
  readonly warn: (text: string) => void;
}

const refused =
  'standing lines need a durable store (--store sqlite), or only clients of --spawn; otherwise a restart would send them twice';

/** The standing lines of a server, as configured. */
export class Standing implements AsyncDisposable {
  readonly methods: ReadonlyMap<string, ServiceMethod>;
  private readonly options: StandingOptions;
  private jobs: StandingJobs | undefined;
  private server: Server | undefined;

  constructor(options: StandingOptions) {
    this.options = options;
    const list: ServiceMethod = {
      name: 'list',
      needs: 'viewer',
      request: z.strictObject({}),
      response: z.array(standingRowSchema),
      handle: async () => (await this.jobs?.list()) ?? [],
    };
    this.methods = new Map([['standing/list', list]]);
  }

  /** @throws SignalboxError `bad_usage` for an invalid line, or if standing lines are not possible here. */
  start(server: Server, definitions: StandingDefinitions): void {
    this.server = server;
    const lines = parseStandingLines(definitions, server.commands);
    if (!this.options.mayHold && lines.length > 0) throw new SignalboxError('bad_usage', refused);
    // Required even without lines, to cancel the jobs of an earlier configuration.
    if (!this.options.mayHold) return;
    this.jobs = new StandingJobs(server, { warn: this.options.warn });
    this.jobs.start(lines);
  }

  /** Applies lines that were read again. An invalid line causes a warning and changes nothing. */
  replace(read: () => StandingDefinitions): void {
    try {
      const lines = parseStandingLines(read(), this.server?.commands ?? new Map());
      if (!this.options.mayHold && lines.length > 0) throw new SignalboxError('bad_usage', refused);
      this.jobs?.replace(lines);
    } catch (error) {
      this.options.warn(`standing lines are unchanged: ${SignalboxError.from(error, 'internal').message}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.jobs?.[Symbol.asyncDispose]();
  }
}
