import { createHmac, timingSafeEqual } from 'node:crypto';

/** The secret with which a gateway authenticates users. */
export class UserSecret {
  private readonly secret: Buffer;

  constructor(secret: Buffer) {
    this.secret = secret;
  }

  /** The user-token of a user: HMAC-SHA256 of the user-id, in lower-case hex. */
  tokenOf(userId: string): string {
    return createHmac('sha256', this.secret).update(userId).digest('hex');
  }

  /** Compares in constant time. */
  isTokenOf(userId: string, token: string): boolean {
    const [wanted, given] = [Buffer.from(this.tokenOf(userId)), Buffer.from(token)];
    return wanted.length === given.length && timingSafeEqual(wanted, given);
  }
}
