import { Socket } from 'node:net';
import type { Client, ClientConfig } from 'pg';
import { SignalboxError } from '../../index.ts';
import type { Address } from './address.ts';
import { endsSession } from './failure.ts';
import { passwordFromFile } from './password-file.ts';
import { tlsOptions } from './tls.ts';

export interface Limits {
  /** Time limit of one statement. */
  readonly statementMs: number;
  /** Time limit for a lock held by another session. */
  readonly lockMs: number;
  /** Time limit for an idle transaction, in ms: this process may be suspended while it holds locks. 0: none. */
  readonly idleMs: number;
  /** Makes all transactions read only. Default: false. */
  readonly readOnly?: boolean;
}

/** Callbacks. */
interface Told {
  /** Called before the session connects. From then on it can be destroyed. */
  readonly onMade?: (session: Session) => void;
  readonly onEnd?: () => void;
}

const connectMs = 5_000;
/** Allowance for the network and a busy machine, in addition to the limit of a statement. */
const slackMs = 3_000;
const int8 = 20;

/**
 * Overrides settings of the database or the role. Row locks fence all writes, so stricter isolation would only cause failures.
 * Confirmed writes must survive a crash, and times must be returned unchanged. The limits are set here because poolers refuse
 * them as connection parameters.
 */
const settings = `SELECT pg_catalog.set_config(name, value, false) FROM (VALUES
  ('search_path', $1), ('statement_timeout', $2), ('lock_timeout', $3), ('idle_in_transaction_session_timeout', $4),
  ('default_transaction_isolation', 'read committed'), ('extra_float_digits', '1'),
  ('synchronous_commit', replace(pg_catalog.current_setting('synchronous_commit'), 'off', 'local'))) s (name, value)`;

type Parameter = string | number | boolean | Buffer | null | readonly (string | number | boolean | Buffer | null)[];

/**
 * One connection to PostgreSQL. Every wait has a limit: without an answer in time, the socket is closed. After its first fault,
 * the session is unusable.
 */
export class Session implements AsyncDisposable {
  private readonly client: Client;
  private readonly socket: Socket;
  private readonly answerMs: number;
  private fault: Error | undefined;

  private constructor(client: Client, socket: Socket, answerMs: number) {
    this.client = client;
    this.socket = socket;
    this.answerMs = answerMs;
  }

  /** @throws errors of PostgreSQL and of the system; SignalboxError `unavailable` */
  static async open(address: Address, limits: Limits, told: Told = {}): Promise<Session> {
    const ssl = tlsOptions(address);
    try {
      return await Session.connect(address, limits, ssl, told);
    } catch (error) {
      const hasNoTls = error instanceof Error && /does not support SSL/.test(error.message);
      if (address.sslMode !== 'prefer' || !ssl || !hasNoTls) throw error;
      return await Session.connect(address, limits, false, told);
    }
  }

  private static async connect(
    address: Address,
    { statementMs, lockMs, idleMs, readOnly = false }: Limits,
    ssl: ReturnType<typeof tlsOptions>,
    { onMade = () => {}, onEnd = () => {} }: Told,
  ): Promise<Session> {
    const { Client, types } = await loadPg();
    const { host, port, user, database, schema, password } = address;
    const socket = new Socket();
    const config: ClientConfig = {
      ...{ host, port, user, database, ssl },
      // A function prevents pg from searching for a password file itself, with its own warnings.
      password: async () => password ?? (await passwordFromFile(address)) ?? '',
      stream: () => socket,
      keepAlive: true,
      connectionTimeoutMillis: connectMs,
      application_name: process.env.PGAPPNAME ?? 'signalbox',
      types: { getTypeParser: (oid: number, format) => (oid === int8 ? Number : types.getTypeParser(oid, format)) },
    };
    const client = new Client(config);
    const session = new Session(client, socket, statementMs + slackMs);
    client.on('error', (error) => {
      session.fault ??= error;
    });
    client.on('end', onEnd);
    onMade(session);
    try {
      await client.connect();
      await session.query(settings, [`"${schema}", pg_temp`, String(statementMs), String(lockMs), String(idleMs)]);
      if (readOnly) await session.query('SET default_transaction_read_only TO on');
    } catch (error) {
      socket.destroy();
      throw session.fault ?? error;
    }
    return session;
  }

  get isBroken(): boolean {
    return this.fault !== undefined;
  }

  /** @returns the rows, as arrays in the order of the columns. */
  async query<Row extends readonly unknown[] = readonly unknown[]>(
    text: string,
    values: readonly Parameter[] = [],
  ): Promise<Row[]> {
    if (this.fault) throw this.fault;
    const timer = setTimeout(() => {
      this.fault ??= new Error(`no answer for ${this.answerMs / 1_000} s`);
      this.socket.destroy(this.fault);
    }, this.answerMs);
    try {
      const { rows } = await this.client.query<Row & unknown[]>({ text, values: [...values], rowMode: 'array' });
      return rows;
    } catch (error) {
      if (error instanceof Error && endsSession(error)) this.fault ??= error;
      throw this.fault ?? error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Rolls back a transaction. Ends the session if that fails. */
  async rollback(): Promise<void> {
    if (this.fault) return;
    await this.query('ROLLBACK').catch((error: Error) => this.destroy(error));
  }

  destroy(error: Error): void {
    this.fault ??= error;
    this.socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.destroyed) return;
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.fault ??= new SignalboxError('closed', 'the store is closed');
    const timer = setTimeout(() => this.socket.destroy(), 1_000);
    void this.client.end().catch(() => {});
    await closed;
    clearTimeout(timer);
  }
}

/** Loads the package at first use. @throws SignalboxError `unavailable` if it is not installed */
export async function loadPg(): Promise<Pick<typeof import('pg'), 'Client' | 'types'>> {
  try {
    return (await import('pg')).default;
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw cause;
    throw new SignalboxError('unavailable', 'a store in PostgreSQL needs the package pg: npm install pg@8', { cause });
  }
}
