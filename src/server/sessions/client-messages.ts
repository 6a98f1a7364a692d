import {
  type ClientState,
  type CommandContract,
  type FromClient,
  type Hello,
  type MessageId,
  SignalboxError,
} from '../../../schemas/index.ts';
import { checkedResult, rejection } from '../../jobs/checked-result.ts';
import type { JobTable } from '../../jobs/job-table.ts';
import type { ListedOrigin } from '../../jobs/reconciliation.ts';
import type { Member } from '../clients/roster.ts';
import type { EventBus } from '../event-bus.ts';
import { emitState } from './client-state.ts';
import type { Liveness } from './liveness.ts';

/** Dispatches each message of a session to the job table, to liveness, or to the client's own state. */
export class ClientMessages {
  private readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly jobTable: JobTable;
  private readonly events: EventBus;
  private readonly liveness: Liveness;
  private readonly onGoodbye: (member: Member, reason: string) => void;
  private readonly onState: (member: Member) => void;
  private readonly onSynced: (member: Member) => void;
  private readonly onAbout: (member: Member) => void;

  constructor(options: {
    commands: ReadonlyMap<string, CommandContract>;
    jobTable: JobTable;
    events: EventBus;
    liveness: Liveness;
    onGoodbye: (member: Member, reason: string) => void;
    onState: (member: Member) => void;
    /** The client has listed its jobs. */
    onSynced: (member: Member) => void;
    /** The client has changed its description. */
    onAbout: (member: Member) => void;
  }) {
    this.commands = options.commands;
    this.jobTable = options.jobTable;
    this.events = options.events;
    this.liveness = options.liveness;
    this.onGoodbye = options.onGoodbye;
    this.onState = options.onState;
    this.onSynced = options.onSynced;
    this.onAbout = options.onAbout;
  }

  /** @param origin of a listed job that is not in the job table. Default: another store. */
  handle(member: Member, message: Exclude<FromClient, Hello>, nowMs: number, origin?: ListedOrigin): void {
    const { name } = member;
    const { jobTable } = this;
    switch (message.type) {
      case 'job':
        if (member.synced) throw new SignalboxError('bad_message', 'a job must be listed before jobs-end');
        jobTable.listed(name, message, this.commands.get(message.command)?.standing === true, origin, nowMs);
        break;
      case 'jobs-end':
        if (member.synced) throw new SignalboxError('bad_message', 'a session must have only one jobs-end');
        member.synced = true;
        member.elsewhere = message.elsewhere;
        this.onSynced(member);
        jobTable.listingEnded(name, nowMs);
        emitState(this.events, member, message.elsewhere > 0 ? { elsewhere: message.elsewhere } : {});
        break;
      case 'state':
        this.stateIs(member, message.state);
        break;
      case 'accepted':
        jobTable.accepted(name, message.id, nowMs);
        break;
      case 'rejected':
        jobTable.answered(name, message.id, rejection(message), nowMs);
        break;
      case 'stale':
        jobTable.stale(name, message.id, nowMs);
        break;
      case 'output':
        jobTable.output(name, message);
        break;
      case 'records':
        jobTable.records(name, message, this.contractOf(name, message.id));
        break;
      case 'output-full':
        jobTable.outputFull(name, message);
        break;
      case 'progress':
        jobTable.progress(name, message);
        break;
      case 'result':
        jobTable.answered(name, message.id, checkedResult(message, this.contractOf(name, message.id)), nowMs, message);
        break;
      case 'heartbeat-ack':
        this.liveness.acknowledged(member, message, nowMs);
        this.stateIs(member, message.state);
        break;
      case 'about':
        member.labels = message.labels;
        member.facts = message.facts;
        this.onAbout(member);
        break;
      case 'goodbye':
        this.onGoodbye(member, message.reason);
        break;
      default:
        message satisfies never;
    }
  }

  /** Undefined if the job or its command is unknown. */
  private contractOf(client: string, id: MessageId): CommandContract | undefined {
    const job = this.jobTable.find(id, client);
    return job && this.commands.get(job.command);
  }

  private stateIs(member: Member, state: ClientState): void {
    if (member.state === state) return;
    member.state = state;
    emitState(this.events, member);
    this.onState(member);
  }
}
