import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { clientNameSchema, curveKeySchema, labelsSchema, SignalboxError } from '../../schemas/index.ts';

/** One client that may join: its public key, and of its token the SHA-256 alone. */
const allowedSchema = z.strictObject({
  name: clientNameSchema,
  replicas: z.boolean(),
  publicKey: curveKeySchema,
  tokenHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Epoch ms. */
  addedMs: z.int(),
  /** What its owner vouches for, whatever the client says of itself. */
  labels: labelsSchema.optional(),
});
export type Allowed = z.infer<typeof allowedSchema>;

export const allowListSchema = z.strictObject({ version: z.literal(1), clients: z.array(allowedSchema) });

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Who may join, as it was at one moment. */
export class AllowList {
  static readonly empty = new AllowList([]);
  private readonly byName: ReadonlyMap<string, Allowed>;
  private readonly byKey: ReadonlyMap<string, Allowed>;

  constructor(clients: readonly Allowed[]) {
    this.byName = new Map(clients.map((client) => [client.name, client]));
    this.byKey = new Map(clients.map((client) => [client.publicKey, client]));
  }

  get names(): string[] {
    return [...this.byName.keys()];
  }

  /** Of credentials that are not for replicas. */
  get plainNames(): string[] {
    return [...this.byName.values()].flatMap(({ name, replicas }) => (replicas ? [] : [name]));
  }

  /** Whether every key that an older list has is on this one. */
  hasAllKeysOf(older: AllowList): boolean {
    return older.byKey.keys().every((key) => this.byKey.has(key));
  }

  /** The credential that this public key belongs to. */
  ofKey(publicKey: string): Allowed | undefined {
    return this.byKey.get(publicKey);
  }

  /**
   * Whether a credential still lets a client use `name`: it is what it was, and no other is meant for that name by now.
   */
  holds(name: string, { publicKey, tokenHash }: Allowed): boolean {
    const now = this.credentialFor(name);
    return now?.publicKey === publicKey && now.tokenHash === tokenHash;
  }

  /**
   * The credential that lets a client use `name`: its own; else one for replicas whose name and a dash it begins with,
   * the longest first.
   * @param prove what a hello by this credential has as its token.
   * @throws SignalboxError `not_allowed` where there is none or the token is not that.
   */
  admit(name: string, token: string | undefined, prove: (credential: Allowed) => string): Allowed {
    const credential = this.credentialFor(name);
    if (!credential) throw new SignalboxError('not_allowed', `no credential is good for the name ${name}`);
    if (token === undefined || !isSame(token, prove(credential))) {
      throw new SignalboxError('not_allowed', `the credentials are not those of ${name}`);
    }
    return credential;
  }

  /** Whether any credential lets a client use `name`. */
  has(name: string): boolean {
    return this.credentialFor(name) !== undefined;
  }

  /** The labels that are vouched for, of whoever may use `name`. */
  labelsOf(name: string): Readonly<Record<string, string>> | undefined {
    return this.credentialFor(name)?.labels;
  }

  private credentialFor(name: string): Allowed | undefined {
    const exact = this.byName.get(name);
    if (exact) return exact;
    for (let dash = name.lastIndexOf('-'); dash > 0; dash = name.lastIndexOf('-', dash - 1)) {
      const credential = this.byName.get(name.slice(0, dash));
      if (credential?.replicas && dash < name.length - 1) return credential;
    }
    return undefined;
  }
}

/** In constant time; the length is no secret. */
function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
