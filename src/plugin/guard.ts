import type { JobRef } from '../jobs/events.ts';
import type { Interceptor } from './interceptor.ts';
import type { JobView } from './job-service.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * The properties of a job that decide whether it is visible: its command, and its client as it was when it received the
 * job.
 */
export type SeenJob = Pick<JobRef, 'command' | 'client' | 'vouched'>;

/** The part of the server that is visible to an actor. For the actor, everything else does not exist. */
export interface Sight {
  seesClient(client: string): boolean;
  seesGroup(group: string): boolean;
  seesCommand(command: string): boolean;
  /** @param actor who submitted the job. */
  seesJob(job: SeenJob, actor: string | undefined): boolean;
}

/** What a guard can ask the server. These calls do not pass interceptors. */
export interface GuardedServer {
  /** The labels that the keys vouch for at present. */
  vouchedOf(client: string): Labels;
  /** Who submitted a job. */
  actorOf(job: JobRef): Promise<string | undefined>;
  /** The running data commands. */
  running(): readonly JobView[];
  /** The least built-in role that a method of a plug-in needs. Undefined if there is no such method. */
  needsOf(method: string): MethodNeeds | undefined;
}

/** The least role for a method: `viewer` sees, `operator` also sends commands, `admin` owns the server. */
export type MethodNeeds = 'viewer' | 'operator' | 'admin';

/** Restricts what some actors may see and do. All others may see and do everything. */
export interface Guard {
  /** Undefined for an actor that is not restricted, or may see everything. */
  sightOf(actor: string): Sight | undefined;
  /** Called before all other interceptors for each call of an actor. Undefined for an actor that is not restricted. */
  interceptorFor(actor: string): Interceptor | undefined;
  /** Called once, before the first call. */
  start(server: GuardedServer): void;
}
