import { z } from 'zod';
import { invisibleFault, withoutInvisible } from './invisible.ts';
import { Secret } from './secret.ts';

/** For texts that somebody chose: a random one of 16 hexadecimal digits has fewer different ones once in ten thousand times. */
export const MIN_VARIETY = 6;

interface SecretTextOptions {
  readonly minLength?: number;
  readonly minVariety?: number;
  /** With the sentence of the fault where it does not fit. */
  readonly pattern?: RegExp;
  readonly expected?: string;
  /** Whether it may have several: a key file, or a list. */
  readonly severalLines?: boolean;
}

/** What templates, shells and manuals have in place of a value. */
const PLACEHOLDER =
  /^(?:\$\{[^{}]*\}|\$\([^()]*\)|\{\{.*\}\}|<[^<>]*>|\[[A-Z_ -]+\]|%[A-Z_]+%|\$(?:[A-Z]+_)*(?:TOKEN|PASSWORD|SECRET|KEY))$/s;
/** Of a text that somebody chose; whoever reads the manual knows it. As words: `datacenter-token`, `exchange-metrics` are none. */
const KNOWN_TO_ALL =
  /(?<![a-z])(?:change[-_ ]?(?:me|it)|replace[-_ ]?(?:me|with)|(?:insert|enter|your)[-_ ](?:\w+[-_ ])?token)(?![a-z])/i;
/** With none inside: a list has each of its cells in them. */
const IN_QUOTES = /^(?:"[^"]*"|'[^']*'|`[^`]*`|[“”„‘’«][^“”„‘’«»]*[“”‘’»])$/;

/** The fault of a secret that has come with more than itself, or not at all; undefined when it is none of these. */
function slip(value: string, { severalLines, minVariety = 1 }: SecretTextOptions): string | undefined {
  if (!severalLines && /[\r\n]/.test(value)) {
    return 'holds a line break; expected the secret alone, in one line';
  }
  if (PLACEHOLDER.test(value) || (minVariety > 1 && KNOWN_TO_ALL.test(value))) {
    return 'is a placeholder that nothing has been put in for; expected the secret';
  }
  if (IN_QUOTES.test(value)) {
    return 'has quotes around it, which would be a part of it; expected the secret alone';
  }
  return /^#\s.*$/.test(value) ? 'is a comment; expected the secret alone' : undefined;
}

/**
 * A configuration key that holds a secret: a non-empty string that becomes a {@link Secret}. The loader recognises
 * it by its `secret` mark and accepts the same key with the suffix `File`, too.
 */
export function secretText(options: SecretTextOptions = {}) {
  const { minLength = 1, minVariety = 1, pattern = /^/, expected = '' } = options;
  return z
    .string()
    .overwrite(withoutInvisible)
    .min(minLength, aborting(`expected a secret of at least ${minLength} characters`))
    .refine(
      (value) => new Set(value).size >= minVariety,
      aborting(`expected a secret of at least ${minVariety} different characters`),
    )
    .regex(pattern, aborting(expected))
    .superRefine((value, context) => {
      const message = invisibleFault(value) ?? slip(value, options);
      if (message !== undefined) context.addIssue({ code: 'custom', message, continue: false });
    })
    .transform((value) => new Secret(value))
    .meta({ secret: true });
}

/** What compares several keys runs only where each is what its type says, and here that is a {@link Secret}. */
function aborting(error: string) {
  return { error, abort: true };
}
