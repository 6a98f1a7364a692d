import { z } from 'zod';

/** A reference as the engine takes it: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`. */
export const imageSchema = z
  .string()
  .max(512)
  .regex(
    /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
  )
  .meta({ form: 'an image such as debian:12' });

/** A name of a container, a volume or a network, as the engine takes it. */
export const nameSchema = z
  .string()
  .max(128)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/)
  .meta({ form: 'a name of at least two of [a-zA-Z0-9_.-]' });

export const mountSchema = z
  .string()
  .max(8_192)
  .regex(/^[^:\0]+:\/[^:\0]*(?::ro|:rw)?$/)
  .meta({ form: 'SRC:DST or SRC:DST:ro, DST an absolute path' });

export const publishSchema = z
  .string()
  .regex(/^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):)?\d{1,5}:\d{1,5}(?:\/(?:tcp|udp))?$/)
  .meta({ form: 'PORT:PORT or ADDRESS:PORT:PORT' });

export const labelSchema = z
  .string()
  .max(4_096)
  .regex(/^[^=\0]+=[^\0]*$/)
  .refine((label) => !/^\s*signalbox(?:[.=]|$)/i.test(label), 'labels signalbox.… are its own')
  .meta({ form: 'NAME=VALUE' });

export const restartSchema = z
  .string()
  .regex(/^(?:no|always|on-failure(?::[1-9]\d{0,4})?)$/)
  .meta({ form: 'no, always, on-failure or on-failure:N' });

export const healthSchema = z
  .string()
  .min(1)
  .max(65_536)
  .regex(/^[^\0]+$/);
