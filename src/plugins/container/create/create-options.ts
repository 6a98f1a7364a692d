import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';
import { SignalboxError } from '../../../index.ts';
import { capabilitiesOf, notAllowed } from '../contracts/capabilities.ts';
import type { ContainerArgs } from '../contracts/container.ts';
import { parsePublish } from '../contracts/words.ts';
import { labels } from '../notes/labels.ts';
import type { Allowed } from './allowed.ts';
import { checkMounts } from './mounts.ts';
import { checkNetwork } from './networks.ts';

/** A log that is never rotated, so that it begins with the first byte. Of the drivers whose logs can be reread, only `local` preserves arbitrary bytes. */
const log = { Type: 'local', Config: { 'max-size': '1000g', 'max-file': '1', compress: 'false' } };

/** Clears the labels that a container inherits from its image. */
const noLabels = Object.fromEntries(Object.values(labels).map((name) => [name, '']));

const defaultPids = 4_096;
const defaultHealthEveryMs = 10_000;
const healthTimeoutMs = 10_000;

interface CreateUse {
  readonly allowed: Allowed;
  readonly docker: Docker;
  /** Labels that identify the container later. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface CreateOptions {
  /** Options for the engine. */
  readonly options: ContainerCreateOptions;
  /**
   * Checks again that no mounted folder was replaced. Call it after the container is created and before it is started.
   * @throws SignalboxError `not_allowed`
   */
  recheck(): Promise<void>;
}

/**
 * Converts the arguments of a command to options for the engine. Creates nothing.
 * @throws SignalboxError `not_allowed` for arguments that could give access to the host, with the option that allows them;
 * `bad_arguments` for options that exclude each other
 */
export async function createOptions(
  args: ContainerArgs,
  { allowed, docker, labels: own = {} }: CreateUse,
): Promise<CreateOptions> {
  const { image, argv, env, workdir, user, network = 'bridge', memory, cpus, pids, entrypoint, publish = [] } = args;
  checkCapabilities(args, allowed);
  if (network === 'none' && publish.length > 0) throw wrong('--publish needs a network');
  const { mounts, recheck } = await checkMounts(args.mount ?? [], allowed.folders, docker);
  const options = {
    Image: image,
    ...(argv && { Cmd: [...argv] }),
    ...(env && { Env: [...env] }),
    ...(workdir !== undefined && { WorkingDir: workdir }),
    ...(user !== undefined && { User: user }),
    ...(entrypoint !== undefined && { Entrypoint: entrypoint === '' ? [] : [entrypoint] }),
    ...healthOf(args),
    Labels: { ...noLabels, ...labelsOf(args), ...own },
    ExposedPorts: Object.fromEntries(publish.map((one) => [parsePublish(one)?.port, {}])),
    HostConfig: {
      LogConfig: log,
      NetworkMode: await checkNetwork(network, docker),
      PortBindings: bindingsOf(publish),
      Mounts: mounts,
      PidsLimit: pids ?? defaultPids,
      ...capabilitiesOf(args.capAdd, args.capDrop),
      SecurityOpt: ['no-new-privileges'],
      RestartPolicy: restartOf(args),
      ...(memory !== undefined && { Memory: memory, MemorySwap: memory }),
      ...(cpus !== undefined && { NanoCpus: Math.round(cpus * 1e9) }),
    },
  };
  return { options, recheck };
}

function checkCapabilities({ capAdd = [] }: ContainerArgs, { caps }: Allowed): void {
  const [refused] = notAllowed(capAdd, caps);
  if (refused === undefined) return;
  const hint = `the client may give ${refused} to a container only with --container-caps ${refused}`;
  throw new SignalboxError('not_allowed', hint);
}

function bindingsOf(publish: readonly string[]) {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { address, hostPort, port } of publish.flatMap((one) => parsePublish(one) ?? [])) {
    bindings[port] ??= [];
    bindings[port].push({ HostIp: address, HostPort: String(hostPort) });
  }
  return bindings;
}

function labelsOf({ label = [] }: ContainerArgs): Record<string, string> {
  return Object.fromEntries(
    label.map((one) => {
      const equals = one.indexOf('=');
      return [one.slice(0, equals), one.slice(equals + 1)];
    }),
  );
}

function healthOf({ health, healthEvery }: ContainerArgs) {
  if (health === undefined && healthEvery !== undefined) throw wrong('--health-every needs --health');
  if (health === undefined) return {};
  const Interval = (healthEvery ?? defaultHealthEveryMs) * 1e6;
  return { Healthcheck: { Test: ['CMD-SHELL', health], Interval, Timeout: healthTimeoutMs * 1e6, Retries: 3 } };
}

function restartOf({ service = false, restart = service ? 'always' : 'no' }: ContainerArgs) {
  if (!service && restart !== 'no') throw wrong('--restart needs --service');
  const [name = 'no', count = '0'] = restart.split(':');
  return { Name: name, MaximumRetryCount: Number(count) };
}

const wrong = (text: string) => new SignalboxError('bad_arguments', text);
