import { type AddressClass, classOf } from './address-class.ts';

/** Which addresses a client may connect to. */
export interface AddressPolicy {
  /** Also allows private and loopback addresses. */
  readonly private: boolean;
}

/** @returns why the client may not connect to the address; undefined if it may. */
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
