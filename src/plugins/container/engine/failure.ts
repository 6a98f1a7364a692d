import { SignalboxError } from '../../../index.ts';
import { isAway, statusOf } from './engine-away.ts';
import { SshFailure } from './ssh-connection.ts';
import { tlsFailure } from './tls-failure.ts';

/** Maps messages of the engine to a cause and a remedy. The first matching rule applies. */
const rules: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [/No such image: (\S+)/i, ([, image]) => `the engine has no image ${image}: pull it first`],
  [
    /No such container: (\w+)/i,
    ([, id = '']) => `its container ${id.slice(0, 12)} is gone: somebody else removed it, and how it ended is unknown`,
  ],
  [
    /container name "\/?([^"]+)" is already in use/i,
    ([, name]) => `another container has the name ${name}: remove it, or choose another --name`,
  ],
  [
    /(?:Bind for|listen tcp4?|listen udp4?) ([^ ]*:\d+)(?::| failed:).*(?:already allocated|address already in use)/i,
    ([, address]) => `${address} is in use: choose another port for --publish`,
  ],
  [/exec: "([^"]*)": executable file not found/i, ([, program]) => `the image has no program ${program}`],
  [/exec: "([^"]*)": (?:stat .*: )?no such file or directory/i, ([, program]) => `the image has no program ${program}`],
  [/exec: "([^"]*)": (?:is a directory|permission denied)/i, ([, program]) => `${program} cannot be run in the image`],
  [/No command specified/i, () => 'the image has no default command: name a program after it'],
  [
    /network (\S+) not found/i,
    ([, network]) => `the engine has no network ${network}: docker network create ${network}`,
  ],
  [
    /(?:looking up volume plugin|create volume driver|plugin) "?([^\s":]+)"?:? .*not found/i,
    ([, driver]) => `the engine has no volume driver ${driver}`,
  ],
  [/unable to find user (\S+):/i, ([, user]) => `the image has no user ${user}`],
  [/unable to find group (\S+):/i, ([, group]) => `the image has no group ${group}`],
  [/no space left on device/i, () => 'the disk of the engine is full: docker system df shows why'],
  [
    /HTTP request to an HTTPS server/i,
    () => 'the engine uses TLS on that port: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH of the client',
  ],
  [
    /no log driver named/i,
    () => 'the engine lacks the log driver local, which the client needs to reread output: use Docker 20.10 or later',
  ],
  [
    /client version (\S+) is too (?:old|new)|API version of at least/i,
    () => 'the engine has an incompatible API version: Docker 20.10 or later is required',
  ],
];

/** Converts any error of the engine or the connection to it into a sentence: what happened, to what, and what to do. */
export function failureOf(error: unknown): SignalboxError {
  if (error instanceof SignalboxError) return error;
  return new SignalboxError('command_failed', sentenceOf(error), { cause: error });
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return `the engine: ${String(error)}`;
  if (statusOf(error) === undefined) return unreachable(error) ?? `the engine: ${error.message}`;
  const text = textOf(error);
  for (const [pattern, sentence] of rules) {
    const found = pattern.exec(text);
    if (found) return sentence(found);
  }
  return `the engine says: ${text}`;
}

function unreachable(error: Error): string | undefined {
  if (error instanceof SshFailure) return `no engine answers: ${error.message}`;
  const code = 'code' in error ? String(error.code) : '';
  const place = placeOf(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return `no permission for ${place}: add the client's user to the group docker, or give it its own engine`;
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return `no engine answers at ${place}: start Docker, or set DOCKER_HOST of the client`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `the host ${place} cannot be resolved: check DOCKER_HOST of the client`;
  if (code.startsWith('HPE_')) return `the service at ${place} is not a Docker engine`;
  if (isAway(error)) return `the connection to the engine at ${place} was lost: ${error.message}`;
  return tlsFailure(code);
}

function placeOf(error: Error): string {
  if ('address' in error && 'port' in error && error.port) return `${error.address}:${error.port}`;
  if ('address' in error) return String(error.address);
  if ('hostname' in error) return String(error.hostname);
  return process.env.DOCKER_HOST ?? '/var/run/docker.sock';
}

/** The message of the engine, without additions of dockerode. */
export function textOf(error: Error): string {
  if ('json' in error && typeof error.json === 'object' && error.json !== null && 'message' in error.json) {
    return String(error.json.message).trim();
  }
  return error.message.replace(/^\(HTTP code \d+\) [^-]* - /, '').trim();
}
