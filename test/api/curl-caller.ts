import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { JsonObject } from '@bufbuild/protobuf';
import { type Called, type Caller, isLast, pathOf } from './callers.ts';

export const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** Calls with curl, like a user on the command line. A stream arrives as JSON lines. */
export const curlCaller = (socketPath: string): Caller =>
  curlCallerAt('http://localhost', ['--unix-socket', socketPath]);

export function curlCallerAt(base: string, options: readonly string[]): Caller {
  return async (method, request, { until, onMessage, as, headers } = {}) => {
    const given = { 'content-type': 'application/json', ...headers, ...(as !== undefined && { 'signalbox-as': as }) };
    const args = ['-sSN', ...options, ...Object.entries(given).flatMap(([name, value]) => ['-H', `${name}: ${value}`])];
    const url = `${base}/${pathOf(method)}`;
    const curl = spawn('curl', [...args, '--data-binary', '@-', url], { stdio: ['pipe', 'pipe', 'pipe'] });
    curl.stdin.end(JSON.stringify(request));
    const trouble = text(curl.stderr);
    const messages: JsonObject[] = [];
    for await (const line of createInterface({ input: curl.stdout })) {
      const json: JsonObject = JSON.parse(line);
      const error = json.code !== undefined && json.message !== undefined ? json : json.error;
      if (error) return { messages, ...statusOf(error as JsonObject) };
      messages.push(json);
      onMessage?.(json);
      if (!isLast(messages, until)) continue;
      curl.kill();
      return { messages, status: 'ok' };
    }
    const said = await trouble;
    return said === '' ? { messages, status: 'ok' } : { messages, status: 'curl', message: said };
  };
}

function statusOf({ code, message, details }: JsonObject): Omit<Called, 'messages'> {
  const [first] = (details ?? []) as { debug: JsonObject }[];
  return { status: String(code), message: String(message), detail: first?.debug };
}
