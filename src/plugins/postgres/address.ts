import { SignalboxError } from '../../index.ts';

const modes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

/** The modes of libpq. */
export type SslMode = (typeof modes)[number];

/** Where a store is, and how to connect to it. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly schema: string;
  readonly password: string | undefined;
  readonly passFile: string | undefined;
  readonly sslMode: SslMode;
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  /** Time without a heartbeat of the server after which another server may take the store. */
  readonly leaseMs: number;
  /** The address for display, without password and files. */
  readonly text: string;
}

const escapes = 'in its names and password write / as %2F, ? as %3F, # as %23, @ as %40';
const parameters = ['host', 'port', 'user', 'dbname', 'schema', 'lease', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'];

/**
 * Parses `postgres://[USER@][HOST][:PORT][/DATABASE][?PARAMETER=VALUE…]`. Missing parts come from the environment variables
 * of libpq (https://www.postgresql.org/docs/current/libpq-envars.html), or else from the defaults of libpq.
 * @throws SignalboxError `bad_usage`
 */
export function parseAddress(text: string, env: NodeJS.ProcessEnv = process.env): Address {
  // If the socket folder is a parameter, the host is missing, but URL requires one before a port or user.
  const url = URL.parse(
    text.replace(/^postgres(?:ql)?:\/\//, 'http://').replace(/^(http:\/\/(?:[^/?#]*@)?)(?=[/?#:]|$)/, '$1_'),
  );
  if (!url || !/^postgres(?:ql)?:\/\//.test(text)) {
    throw wrong(`it must be postgres://USER@HOST:PORT/DATABASE; ${escapes}`);
  }
  const query = url.searchParams;
  // The user or password ended early: the rest must not be shown, nor used as a database name.
  if (url.hash !== '' || [url.pathname, ...query.keys()].some((part) => part.includes('@'))) throw wrong(escapes);
  for (const name of query.keys()) {
    if (!parameters.includes(name)) throw wrong(`${name} is not a parameter; use ${parameters.join(', ')}`);
  }
  const given = (name: string, variable: string, part = ''): string | undefined =>
    query.get(name) || decode(part) || env[variable] || undefined;
  const host =
    given('host', 'PGHOST', url.hostname === '_' ? '' : url.hostname.replace(/^\[(.*)\]$/, '$1')) ?? 'localhost';
  if (/[@\s]/.test(host) && !host.startsWith('/')) throw wrong('the host must be a name, an IP address or a folder');
  const port = given('port', 'PGPORT', url.port) ?? '5432';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) throw wrong(`${port} is not a port`);
  const user = given('user', 'PGUSER', url.username) ?? env.USER ?? env.LOGNAME ?? 'postgres';
  const database = given('dbname', 'PGDATABASE', url.pathname.slice(1)) ?? user;
  const schema = query.get('schema') || 'signalbox';
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw wrong(`schema must be a name of [a-z0-9_], not '${schema}'`);
  if (schema.startsWith('pg_')) throw wrong(`PostgreSQL keeps names such as ${schema} for itself; use another schema`);
  const mode = given('sslmode', 'PGSSLMODE') ?? 'prefer';
  const sslMode = modes.find((one) => one === mode);
  if (!sslMode) throw wrong(`sslmode must be one of ${modes.join(', ')}, not '${mode}'`);
  const leaseMs = leaseOf(query.get('lease') || '30s');
  const shown = host.startsWith('/')
    ? `/${encodeURIComponent(database)}?host=${host}&port=${port}`
    : `${host}:${port}/${encodeURIComponent(database)}`;
  const ofSchema = schema === 'signalbox' ? '' : `${shown.includes('?') ? '&' : '?'}schema=${schema}`;
  return {
    ...{ host, user, database, schema, sslMode, leaseMs, port: Number(port) },
    password: decode(url.password) || env.PGPASSWORD || undefined,
    passFile: env.PGPASSFILE || (env.HOME === undefined ? undefined : `${env.HOME}/.pgpass`),
    sslRootCert: given('sslrootcert', 'PGSSLROOTCERT'),
    sslCert: given('sslcert', 'PGSSLCERT'),
    sslKey: given('sslkey', 'PGSSLKEY'),
    text: `postgres://${encodeURIComponent(user)}@${shown}${ofSchema}`,
  };
}

/** A lease of less than a second would expire during a short pause of the machine; a very long one would never expire. */
function leaseOf(text: string): number {
  const [, amount, unit] = /^(\d{1,4})(s|m)$/.exec(text) ?? [];
  const ms = Number(amount) * (unit === 'm' ? 60_000 : 1_000);
  if (ms >= 1_000 && ms <= 3_600_000) return ms;
  throw wrong(`lease must be 1s to 60m, not '${text}'`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('write a literal % as %25');
  }
}

/** Does not quote the address, which may contain a password. */
const wrong = (why: string) => new SignalboxError('bad_usage', `the address of the PostgreSQL store is wrong: ${why}`);
