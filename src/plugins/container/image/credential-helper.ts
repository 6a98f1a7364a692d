import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { RegistryAuth } from './registry-auth.ts';

/** A helper may query a keyring or a cloud, but cannot ask a person. */
const helperTimeoutMs = 30_000;

const answerSchema = z.object({ ServerURL: z.string().optional(), Username: z.string(), Secret: z.string() });

/** Printed on stdout, according to the protocol of docker-credential-helpers. */
const notFound = 'credentials not found in native keychain';

/**
 * Asks `docker-credential-NAME get` for the credentials of a registry. Errors do not quote answers, which may contain a secret.
 * @returns undefined if the helper has none
 * @throws Error with a sentence
 */
export async function askHelper(
  name: string,
  server: string,
  options: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<RegistryAuth | undefined> {
  const program = `docker-credential-${name}`;
  const { env, timeoutMs = helperTimeoutMs } = options;
  const late = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([options.signal, late]);
  const child = spawn(program, ['get'], { env, signal, killSignal: 'SIGKILL' });
  child.stdin.on('error', () => {});
  child.stdin.end(server);
  try {
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    if (code !== 0) {
      if (out.trim() === notFound) return undefined;
      throw new Error(
        `${program} ended with ${code ?? 'a signal'}${said(err) || (out.includes('{') ? '' : said(out))}`,
      );
    }
    return readAnswer(program, server, out);
  } catch (error) {
    if (late.aborted) throw new Error(`${program} did not answer within ${timeoutMs / 1_000} s`);
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(`${program} is not on the PATH of this client`);
    }
    throw error;
  } finally {
    // Child processes of the helper may keep the pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function readAnswer(program: string, server: string, out: string): RegistryAuth {
  let answer: z.infer<typeof answerSchema>;
  try {
    answer = answerSchema.parse(JSON.parse(out));
  } catch {
    // The messages of the parser would quote the secret.
    throw new Error(`${program} did not answer with Username and Secret`);
  }
  const { Username, Secret } = answer;
  return Username === '<token>'
    ? { serveraddress: server, identitytoken: Secret }
    : { serveraddress: server, username: Username, password: Secret };
}

function said(words: string): string {
  const line = words.trim().replaceAll(/\s+/g, ' ');
  return line === '' ? '' : `: ${line.length > 300 ? `${line.slice(0, 300)}…` : line}`;
}
