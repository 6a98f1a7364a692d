import { createHmac } from 'node:crypto';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { SignalboxError } from '../../../schemas/index.ts';
import { type Channel, DeliveryFailure } from '../../plugin/channel.ts';
import { wordsOf } from '../../process/system-error.ts';
import { version } from '../../version.ts';

const defaultTimeoutMs = 10_000;
const maxAnswerBytes = 65_536;

interface WebhookOptions {
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
  /** Trusted authorities in PEM. Default: those of Node. */
  readonly ca?: string | undefined;
  /** Time limit of an attempt. Default: 10,000. */
  readonly timeoutMs?: number;
}

/** POST as in Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks. @throws SignalboxError `bad_usage` */
export function createWebhook({ url, secret, ca, timeoutMs = defaultTimeoutMs }: WebhookOptions): Channel {
  const key = keyOf(secret);
  const { origin } = new URL(url);
  return {
    about: `webhook ${origin}`,
    async send({ id, body }, { signal, nowMs }) {
      const timestamp = String(Math.floor(nowMs / 1_000));
      const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': `signalbox/${version}`,
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      };
      const { status, retryAfter } = await post(url, { headers, ca, body, signal, timeoutMs });
      if (status >= 200 && status < 300) return;
      if (status === 410) throw new DeliveryFailure('it answered 410 (gone)', { isFinal: true });
      const words = status >= 300 && status < 400 ? `${status}, and redirects are not followed` : `${status}`;
      throw new DeliveryFailure(`it answered ${words}`, {
        afterMs: 1_000 * (Number.parseInt(retryAfter ?? '', 10) || 0),
      });
    },
  };
}

/** The bytes of a secret: 24 to 64, as the standard says. @throws SignalboxError `bad_usage`; its message does not contain the secret. */
function keyOf(secret: string): Buffer {
  const [, text = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const key = Buffer.from(text, 'base64');
  if (key.length >= 24 && key.length <= 64) return key;
  const how = 'printf "whsec_%s\\n" "$(openssl rand -base64 32)"';
  throw new SignalboxError(
    'bad_usage',
    `it is not a valid secret: whsec_ and 24 to 64 bytes in base64; create one with ${how}`,
  );
}

interface Post {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly ca: string | undefined;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Resolves with the status. Some of the body is read, so that the receiver can write it. */
async function post(url: string, { headers, ca, body, signal, timeoutMs }: Post) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; retryAfter: string | undefined }>();
  const timeUp = AbortSignal.timeout(timeoutMs);
  const options: RequestOptions & { ca?: string } = {
    ...{ method: 'POST', agent: false, headers, signal: AbortSignal.any([signal, timeUp]) },
    ...(ca !== undefined && { ca }),
  };
  const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, options, (response) => {
    resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
    let length = 0;
    response.on('data', (data: Buffer) => {
      length += data.length;
      if (length > maxAnswerBytes) request.destroy();
    });
    response.on('error', () => {});
  });
  request.on('error', (error) => {
    reject(
      new DeliveryFailure(timeUp.aborted ? `no answer within ${timeoutMs / 1_000} s` : wordsOf(error), {
        cause: error,
      }),
    );
  });
  // An answer that switches protocols ends the connection without an error.
  request.on('close', () => reject(new DeliveryFailure('it closed the connection without an answer')));
  request.end(body);
  return await promise;
}
