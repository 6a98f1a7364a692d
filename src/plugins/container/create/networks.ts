import type Docker from 'dockerode';
import { SignalboxError } from '../../../index.ts';
import { failureOf } from '../engine/failure.ts';

/** Drivers that isolate a container from the network of its host. */
const drivers = ['bridge', 'overlay'];

/**
 * The network of a container, for the engine. A named network is passed by id, so that the container gets the network that was checked.
 * @throws SignalboxError `not_allowed`; `command_failed` if the network does not exist
 */
export async function checkNetwork(network: string, docker: Docker): Promise<string> {
  if (network === 'none' || network === 'bridge') return network;
  const refuse = (why: string): never => {
    throw new SignalboxError('not_allowed', `--network ${network} is refused: ${why}; no option allows that`);
  };
  if (network === 'host') refuse('it is the network of the host');
  if (/^container(?::|$)/i.test(network)) refuse('it is the network of another container');
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(network)) refuse('that is not the name of a network');
  try {
    const { Id, Driver } = await docker.getNetwork(network).inspect();
    if (!drivers.includes(Driver))
      refuse(`its driver is ${Driver}, only ${drivers.join(' and ')} separate the host from its containers`);
    return Id;
  } catch (cause) {
    throw failureOf(cause);
  }
}
