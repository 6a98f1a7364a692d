import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type Docker from 'dockerode';

type Dial = Docker['modem']['dial'];
type Callback = NonNullable<Parameters<Dial>[1]>;

/**
 * Fails calls whose answer breaks off after the header, for example `wait` when the engine is killed. docker-modem only listens for the
 * end of the body, so it would wait forever.
 */
export function failOnBrokenAnswers(docker: Docker): Docker {
  const { modem } = docker;
  const dial: Dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    if (!callback || options.isStream || options.hijack || options.openStdin) return dial(options, callback);
    dial({ ...options, isStream: true }, (error, answer) => {
      if (error) callback(error, null);
      else void whole(answer as IncomingMessage, callback);
    });
  };
  return docker;
}

async function whole(answer: IncomingMessage, callback: Callback): Promise<void> {
  let body: Buffer;
  try {
    body = await buffer(answer);
  } catch (error) {
    callback(error as Error, null);
    return;
  }
  callback(null, parsed(body));
}

function parsed(body: Buffer): object {
  try {
    return JSON.parse(body.toString());
  } catch {
    return body;
  }
}
