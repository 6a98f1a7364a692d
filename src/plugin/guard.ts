import type { JobRef } from '../jobs/events.ts';
import type { Interceptor } from './interceptor.ts';
import type { JobView } from './job-service.ts';

type Labels = Readonly<Record<string, string>>;

/** A job as a sight of it is decided: by its command, and its client as it was when it got the job. */
export type SeenJob = Pick<JobRef, 'command' | 'client' | 'vouched'>;

/** What there is for an actor that may not see everything. What it does not see does not exist for it. */
export interface Sight {
  seesClient(client: string): boolean;
  seesGroup(group: string): boolean;
  seesCommand(command: string): boolean;
  /** @param actor who submitted it. */
  seesJob(job: SeenJob, actor: string | undefined): boolean;
}

/** What a guard may ask the server. Nothing of it passes interceptors. */
export interface GuardedServer {
  /** The labels that the keys vouch for now. */
  vouchedOf(client: string): Labels;
  /** Who submitted a job. */
  actorOf(job: JobRef): Promise<string | undefined>;
  /** The data commands that run. */
  running(): readonly JobView[];
  /** The least of the given roles that a method of a plug-in is for; undefined if there is no such method. */
  needsOf(method: string): MethodNeeds | undefined;
}

/** Whom a method of a plug-in is for: who sees, who also sends commands, or who owns the server. */
export type MethodNeeds = 'viewer' | 'operator' | 'admin';

/** Holds what some actors may see and do. All others see and do everything. */
export interface Guard {
  /** Undefined for an actor that it does not hold, or that sees everything. */
  sightOf(actor: string): Sight | undefined;
  /** Called before all other interceptors for each call of an actor that it holds; undefined for one that it does not. */
  interceptorFor(actor: string): Interceptor | undefined;
  /** Called once, before the first call. */
  start(server: GuardedServer): void;
}
