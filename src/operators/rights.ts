import type { Vouched } from './client-matcher.ts';
import type { JobMethod, Role, Rule, WorkflowRight } from './role.ts';

/** The properties of a job that decide about rights. */
export interface JudgedJob {
  readonly command: string;
  /** Its client as it was when the job was submitted; undefined for a place without a client. */
  readonly client: Vouched | undefined;
  /** Whether the operator submitted it itself. */
  readonly isOwn: boolean;
}

/** Decisions of a role. The functions are pure. */

export const seesClient = ({ rules }: Role, client: Vouched): boolean =>
  rules.some(({ clients }) => clients.matches(client));

/** Whether every client, job and event is visible. */
export const seesAll = ({ rules }: Role): boolean =>
  rules.some(({ clients, everyCommand }) => clients.isEverybody && everyCommand);

export const seesGroup = ({ rules }: Role, group: string): boolean =>
  rules.some(({ clients }) => clients.isEverybody || clients.wholeGroups.has(group));

/** Whether jobs of this command may be visible, or the command may be sent. */
export const seesCommand = ({ rules }: Role, command: string): boolean =>
  rules.some(({ commands }) => commands(command));

export const seesJob = ({ rules }: Role, job: JudgedJob): boolean => rules.some((rule) => covers(rule, job));

export const seesArguments = ({ rules }: Role, job: JudgedJob): boolean =>
  rules.some((rule) => rule.showsArguments && covers(rule, job));

/** Whether a method may be applied to a job, or a command submitted to a client. */
export const mayDo = ({ rules }: Role, method: JobMethod, job: JudgedJob): boolean =>
  rules.some((rule) => rule.methods.has(method) && covers(rule, job));

/** Whether a command may be submitted to any client. */
export const maySubmit = ({ rules }: Role, command: string): boolean =>
  rules.some((rule) => rule.methods.has('submit') && rule.commands(command));

export const mayWithWorkflow = ({ workflows }: Role, right: WorkflowRight, workflow: string): boolean =>
  workflows[right](workflow);

const levels = ['none', 'viewer', 'operator', 'admin'] as const;

/** @param needs the least built-in role that the method needs. */
export const mayCall = (role: Role, method: string, needs: 'viewer' | 'operator' | 'admin'): boolean =>
  role.methods(method) || levels.indexOf(role.level) >= levels.indexOf(needs);

/** A place without a client is only visible to its submitter, and to those who see all clients. */
function covers({ clients, commands }: Rule, { client, command, isOwn }: JudgedJob): boolean {
  if (!commands(command)) return false;
  return client ? clients.matches(client) : isOwn || clients.isEverybody;
}
