import { SignalboxError } from '../../../index.ts';
import { type HostPort, hostPortText } from '../model/host-port.ts';

/** @throws SignalboxError `insecure_endpoint` for an address that other machines can reach, unless `insecure` */
export function checkReach(at: HostPort, { insecure }: { insecure: boolean }): void {
  if (insecure || /^(?:127\.\d+\.\d+\.\d+|localhost|::1)$/.test(at.host)) return;
  const text = `${hostPortText(at)} can be reached from other machines, in clear text`;
  throw new SignalboxError('insecure_endpoint', `${text}; put a TLS proxy in front of it and set --insecure`);
}
