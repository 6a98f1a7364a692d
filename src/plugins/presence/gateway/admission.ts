import { Code, ConnectError } from '@connectrpc/connect';
import { isUserId, userIdForm } from '../model/user-id.ts';
import type { UserSecret } from '../model/user-secret.ts';
import type { GatewayEvents } from './gateway-events.ts';

/** Metadata of a call, by its key. */
export type Metadata = (key: string) => string | undefined;

/** Identifies and authenticates the user of a stream. @throws ConnectError `invalid_argument`, `unauthenticated` */
export function userOf(
  metadata: Metadata,
  { secret, events }: { secret: UserSecret | undefined; events: Pick<GatewayEvents, 'refused'> },
): string {
  const userId = metadata('user-id')?.trim() ?? '';
  if (!isUserId(userId)) {
    events.refused('bad_user_id');
    throw new ConnectError(`the metadata user-id must be ${userIdForm}`, Code.InvalidArgument);
  }
  if (secret && !secret.isTokenOf(userId, metadata('user-token')?.trim() ?? '')) {
    events.refused('bad_token');
    const form = 'HMAC-SHA256 of the user-id with the secret of the gateway, in lower-case hex';
    throw new ConnectError(`the metadata user-token is not valid for this user: ${form}`, Code.Unauthenticated);
  }
  return userId;
}
