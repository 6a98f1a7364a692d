import { type AddressClass, classOf } from './address-class.ts';

/** What a client connects to. */
export interface AddressPolicy {
  /** Private addresses and loopback too. */
  readonly private: boolean;
}

/** @returns why the client does not connect to it; undefined if it may. */
export function refusal(address: string, policy: AddressPolicy): string | undefined {
  const kind = classOf(address);
  if (kind === 'public' || (policy.private && kind !== 'never')) return undefined;
  return `${address} is ${names[kind]}`;
}

const names: Readonly<Record<Exclude<AddressClass, 'public'>, string>> = {
  private: 'a private address, and the client runs without --check-private',
  loopback: 'the client itself, and it runs without --check-private',
  never: 'link-local, of a metadata service, or no address of a host',
};
