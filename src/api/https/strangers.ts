import { Allowance } from './allowance.ts';
import type { NetworkLimits } from './network-limits.ts';

/** Why a connection is not accepted. */
export type Unwanted =
  | 'too many connections'
  | 'too many strangers'
  | 'too many strangers of this address'
  | 'too often';

/** Counts connections until somebody signs in on them, and failed sign-ins. Pure. */
export class Strangers {
  private readonly limits: NetworkLimits;
  private readonly connections: Allowance;
  private readonly signIns: Allowance;
  private readonly of = new Map<string, number>();
  private strangers = 0;
  private known = 0;

  constructor(limits: NetworkLimits) {
    this.limits = limits;
    this.connections = new Allowance(limits.maxStrangersAMinute, limits.maxAddresses);
    this.signIns = new Allowance(limits.maxFailedSignInsAMinute, limits.maxAddresses);
  }

  /** Accepts a connection, or returns the reason for not doing so. */
  come(source: string, nowMs: number): Unwanted | undefined {
    const { maxConnections, maxStrangers, maxStrangersOfAddress } = this.limits;
    const here = this.of.get(source) ?? 0;
    if (here >= maxStrangersOfAddress) return 'too many strangers of this address';
    if (!this.connections.take(source, nowMs)) return 'too often';
    if (this.strangers >= maxStrangers) return 'too many strangers';
    if (this.known >= maxConnections) return 'too many connections';
    this.of.set(source, here + 1);
    this.strangers += 1;
    return undefined;
  }

  /** Called when somebody has signed in on a connection. */
  welcome(source: string, nowMs: number): void {
    this.leaveStrangers(source);
    this.known += 1;
    this.connections.giveBack(source, nowMs);
  }

  /** Called when a connection has ended. */
  leave(source: string, wasStranger: boolean): void {
    if (wasStranger) this.leaveStrangers(source);
    else this.known -= 1;
  }

  /** @returns how long the source must wait, in ms; 0 if it may try again. */
  fail(source: string, nowMs: number): number {
    return this.signIns.take(source, nowMs) ? 0 : this.signIns.waitMs(source, nowMs);
  }

  private leaveStrangers(source: string): void {
    const left = (this.of.get(source) ?? 1) - 1;
    if (left > 0) this.of.set(source, left);
    else this.of.delete(source);
    this.strangers -= 1;
  }
}
