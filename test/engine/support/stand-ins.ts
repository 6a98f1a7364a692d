import { existsSync, readdirSync } from 'node:fs';
import type { Engine } from './engine.ts';
import { importRoot } from './import-root.ts';
import { packScript } from './pack.ts';
import type { Command } from './pipe.ts';
import { shellPrograms, tinyImage } from './tiny-image.ts';

/**
 * Images with well-known names, made for an engine of a test from the programs of this machine: the same programs as in
 * the real ones, and nothing else.
 */
export const standIns = {
  'debian:12-slim': async (engine: Engine) => void (await engine.docker('tag', tinyImage, 'debian:12-slim')),
  'python:3-slim': async (engine: Engine) => {
    const script = packScript({
      programs: `${shellPrograms} python3`,
      folders: [`/usr/lib/${pythonFolder}`],
      change:
        'ln -s python3 usr/bin/python; rm -rf usr/lib/python3*/{test,idlelib,lib2to3,ensurepip,config-*,__pycache__,*/__pycache__}',
    });
    await importRoot(engine, 'python:3-slim', here(script), ['CMD ["python3"]']);
  },
  'postgres:17': async (engine: Engine) => {
    const script = packScript({
      programs: shellPrograms,
      folders: [
        `${postgresFolder}/bin`,
        `${postgresFolder}/lib`,
        `/usr/share/postgresql/${newest}`,
        '/usr/share/zoneinfo',
      ],
      change: postgresEntry,
    });
    await importRoot(engine, 'postgres:17', here(script), [
      `ENV PATH=/usr/bin:${postgresFolder}/bin PGDATA=/var/lib/postgresql/data`,
      'ENTRYPOINT ["/usr/bin/docker-entrypoint.sh"]',
      'CMD ["postgres"]',
      'VOLUME /var/lib/postgresql/data',
      'EXPOSE 5432',
    ]);
  },
};

const debian = '/usr/lib/postgresql';
const newest = existsSync(debian)
  ? readdirSync(debian).sort((one, other) => Number(other) - Number(one))[0]
  : undefined;
const postgresFolder = `${debian}/${newest}`;
const pythonFolder = readdirSync('/usr/lib').find((name) => /^python3\.\d+$/.test(name));

/** Why a replacement image cannot be made here; undefined if it can. */
export const missing = {
  'python:3-slim': pythonFolder && existsSync('/usr/bin/python3') ? undefined : 'Python is not installed',
  'postgres:17': newest ? undefined : 'PostgreSQL is not installed',
};

/** A script that this machine runs, for `pipe`. */
const here = (script: string): Command => ({ argv: ['bash', '-c', script] });

/**
 * Like the official image: it starts as root, gives the folder to its user, drops its rights, creates a cluster there
 * and runs.
 */
const postgresEntry = `grep -q ^postgres: etc/passwd || echo postgres:x:999:999::/var/lib/postgresql:/bin/sh >>etc/passwd
mkdir -p var/lib/postgresql/data var/run/postgresql
(cd usr/lib/postgresql/*
find bin -type f ! -name postgres ! -name initdb ! -name psql ! -name pg_isready -delete
find lib -type f ! -name 'plpgsql.so' ! -name 'dict_snowball.so' -delete)
cat >usr/bin/docker-entrypoint.sh <<'END'
#!/bin/bash
set -e
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chown -R postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb -U postgres --no-sync --locale=C -E UTF8 -A scram-sha-256 --pwfile=<(printf '%s' "$POSTGRES_PASSWORD")
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
fi
exec "$@" -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql
END
chmod 755 usr/bin/docker-entrypoint.sh`;
