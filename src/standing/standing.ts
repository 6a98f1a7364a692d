import { z } from 'zod';
import { SignalboxError } from '../../schemas/index.ts';
import type { Server } from '../plugin/job-service.ts';
import type { ServiceMethod } from '../plugin/service-method.ts';
import { StandingJobs } from './standing-jobs.ts';
import { parseStandingLines, type StandingDefinitions } from './standing-line.ts';
import { standingRowSchema } from './standing-row.ts';

interface StandingOptions {
  /** Whether lines may be held here: what is held must outlive the server, or end with it. */
  readonly mayHold: boolean;
  readonly warn: (text: string) => void;
}

const refused =
  'standing lines need a store that outlives the server (--store sqlite), or clients of --spawn alone: else a restart would send them twice';

/** The standing lines of a server, as its configuration has them. */
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

  /** @throws SignalboxError `bad_usage` for a line that is wrong, and where none can be held. */
  start(server: Server, definitions: StandingDefinitions): void {
    this.server = server;
    const lines = parseStandingLines(definitions, server.commands);
    if (!this.options.mayHold && lines.length > 0) throw new SignalboxError('bad_usage', refused);
    // Also without lines: those that an earlier server has held are to be cancelled.
    if (!this.options.mayHold) return;
    this.jobs = new StandingJobs(server, { warn: this.options.warn });
    this.jobs.start(lines);
  }

  /** Holds what was read again. What is wrong is warned of, and changes nothing. */
  replace(read: () => StandingDefinitions): void {
    try {
      const lines = parseStandingLines(read(), this.server?.commands ?? new Map());
      if (!this.options.mayHold && lines.length > 0) throw new SignalboxError('bad_usage', refused);
      this.jobs?.replace(lines);
    } catch (error) {
      this.options.warn(`standing lines stay as they were: ${SignalboxError.from(error, 'internal').message}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.jobs?.[Symbol.asyncDispose]();
  }
}
