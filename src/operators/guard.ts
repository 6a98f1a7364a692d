import { SignalboxError } from '../../schemas/errors.ts';
import type { JobRef } from '../jobs/events.ts';
import type { ClientView } from '../plugin/client-view.ts';
import type { Guard, GuardedServer, Sight } from '../plugin/guard.ts';
import type { Call, Interceptor } from '../plugin/interceptor.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type { EventReader, HistoryPage, JobDetails, JobView } from '../plugin/job-service.ts';
import { fullPage } from './full-page.ts';
import { callMethod } from './guarded-methods.ts';
import { operatorPrefix } from './operator-identity.ts';
import { mayDo, maySubmit } from './rights.ts';
import type { JobMethod, Role } from './role.ts';
import { seenEvents } from './seen-events.ts';
import { View } from './view.ts';

/** The current operators, by identity: the part of their actor after `operator:`. */
export interface CurrentOperators {
  /** The role of an operator; undefined if it does not exist or has expired. */
  roleOf(identity: string): Role | undefined;
  /** Aborts when the operator is removed or expires. */
  signalOf(identity: string): AbortSignal;
}

type Next = (call: Call) => Promise<unknown>;
type CallOf<Method extends Call['method']> = Extract<Call, { readonly method: Method }>;

const nobody: Sight = {
  seesClient: () => false,
  seesGroup: () => false,
  seesCommand: () => false,
  seesJob: () => false,
};

/** Enforces the roles of operators in every method of the service, and in everything it returns. */
export class RoleGuard implements Guard {
  private readonly operators: CurrentOperators;
  private server: GuardedServer | undefined;
  private readonly intercept: Interceptor = (call, next) => this.guarded(call, next);

  constructor(operators: CurrentOperators) {
    this.operators = operators;
  }

  start(server: GuardedServer): void {
    this.server = server;
  }

  interceptorFor(actor: string): Interceptor | undefined {
    return actor.startsWith(operatorPrefix) ? this.intercept : undefined;
  }

  sightOf(actor: string): Sight | undefined {
    if (!actor.startsWith(operatorPrefix)) return undefined;
    const view = this.viewOf(actor);
    return view?.isWhole ? undefined : (view ?? nobody);
  }

  private viewOf(actor: string): View | undefined {
    const role = this.operators.roleOf(actor.slice(operatorPrefix.length));
    return role && this.server && new View(actor, role, this.server);
  }

  private async guarded(call: Call, next: Next): Promise<unknown> {
    const name = call.actor.slice(operatorPrefix.length);
    const viewNow = (): View => {
      const view = this.viewOf(call.actor);
      if (view) return view;
      throw new SignalboxError('not_allowed', `there is no operator ${name}`);
    };
    const view = viewNow();
    switch (call.method) {
      case 'submit':
        return await this.submit(call, view, next);
      case 'cancel':
      case 'signal':
        await this.checkJobs(call.jobs, call.method, view, call.actor);
        return await next(call);
      case 'get':
        return view.details((await next(call)) as JobDetails);
      case 'list':
        return view.jobs((await next(call)) as JobView[]);
      case 'history': {
        const read = async (page: CallOf<'history'>['page']) => (await next({ ...call, page })) as HistoryPage;
        return await fullPage(read, call.page, (jobs) => view.jobs(jobs));
      }
      case 'clients':
        return view.clients((await next(call)) as ClientView[]);
      case 'watch': {
        const reader = (await next(call)) as EventReader;
        return seenEvents(reader, { signal: this.operators.signalOf(name), viewOf: () => this.viewOf(call.actor) });
      }
      case 'forget':
        if (view.role.level === 'admin') return await next(call);
        throw new SignalboxError('not_allowed', `${name} may not forget clients`);
      case 'call':
        return await callMethod(call, { view, viewNow, next, needs: this.server?.needsOf(call.name) });
      // The jobs of these calls have been looked up among those that are visible to the operator.
      case 'output':
      case 'records':
      case 'resolve':
      case 'waitForClients':
        return await next(call);
      default:
        return call satisfies never;
    }
  }

  private async submit(call: CallOf<'submit'>, view: View, next: Next): Promise<unknown> {
    const { role } = view;
    const name = call.actor.slice(operatorPrefix.length);
    const { name: command } = call.command;
    const refused = (to = '') => new SignalboxError('not_allowed', `${name} may not send ${command}${to}`);
    if (!maySubmit(role, command)) throw refused();
    const labels = (client: string) => this.server?.vouchedOf(client) ?? {};
    const may = (client: string) =>
      mayDo(role, 'submit', { command, client: { name: client, labels: labels(client) }, isOwn: true });
    const clients = call.clients.filter(may);
    // Places get permitted clients. The others are not named in the request.
    if (call.batchId !== undefined) {
      if (clients.length === 0) throw refused();
      return await next({ ...call, clients });
    }
    const seen = call.clients.filter((client) => view.isWhole || view.seesClient(client));
    const forbidden = seen.filter((client) => !may(client));
    if (forbidden.length > 0) throw refused(` to ${forbidden.slice(0, 8).join(', ')}`);
    // Jobs of an earlier call with this key, on clients that are no longer visible.
    if (seen.length < call.clients.length) throw refused();
    const group = (await next({ ...call, clients })) as JobGroup;
    if (group.jobs.every(({ client }) => client === null || may(client))) return group;
    throw refused();
  }

  private async checkJobs(jobs: readonly JobRef[], method: JobMethod, view: View, actor: string): Promise<void> {
    for (const job of jobs) {
      const owner = job.client === null ? await this.server?.actorOf(job) : undefined;
      if (mayDo(view.role, method, view.judged(job, owner))) continue;
      const name = actor.slice(operatorPrefix.length);
      const where = job.client === null ? '' : ` on ${job.client}`;
      throw new SignalboxError('not_allowed', `${name} may not ${method} ${job.command}${where}`);
    }
  }
}
