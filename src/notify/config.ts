/** The keys of `notify[]`: one receiver of notices each. */
import { z } from 'zod';
import { Secret } from '../words/secret.ts';
import { secretText } from '../words/secret-text.ts';
import { DEFAULT_NOTICE_EVENTS, NOTICE_EVENTS, OWNER_EVENTS } from './notice-event.ts';

export type NotifyItem = z.output<ReturnType<typeof notifyItem>>;
export type EmailSettings = Extract<NotifyItem, { type: 'email' }>;
export type OwnerSettings = Extract<NotifyItem, { type: 'owner' }>;

const WEEK_SECONDS = 7 * 24 * 60 * 60;

const quoted = (events: readonly string[]) => events.map((each) => `\`${each}\``).join(', ');
/** Of all types, as the key stands once in the table of the configuration. */
const EVENTS_SENTENCE = `What it is told of: any of ${quoted(NOTICE_EVENTS)}. \`owner\`: any of ${quoted(OWNER_EVENTS)}.`;
const DEFAULT_EVENTS_TEXT = `all but ${quoted(NOTICE_EVENTS.filter((each) => !DEFAULT_NOTICE_EVENTS.includes(each)))}; \`owner\`: all`;

export function notifyItem() {
  return z.discriminatedUnion('type', [webhook(), slack(), email(), owner()], {
    error: (issue) =>
      issue.code === 'invalid_union' ? 'expected one of webhook, slack, email, owner' : undefined,
  });
}

/** The name that the operator gave, or the type and the place in the list, e.g. `webhook-1`. */
export function channelName({ name, type }: Pick<NotifyItem, 'name' | 'type'>, index: number): string {
  return name ?? `${type}-${index + 1}`;
}

function webhook() {
  return z.strictObject({
    type: type('webhook'),
    ...common(),
    url: target(),
    // It may come from `openssl rand -base64 64`, which writes two.
    secret: secretText({ minLength: 16, severalLines: true })
      .optional()
      .describe(
        '`webhook`: key of the signature, plain or as `whsec_` with base64; without it nothing is signed.',
      ),
  });
}

function slack() {
  return z.strictObject({ type: type('slack'), ...common(), url: target() });
}

function email() {
  return z.strictObject({
    type: type('email'),
    ...common(),
    ...mailServer(),
    to: z.array(address()).min(1).describe('`email`: addresses of the receivers.'),
  });
}

function owner() {
  return z.strictObject({
    type: type('owner'),
    ...common(),
    events: z
      .array(z.enum(OWNER_EVENTS))
      .min(1)
      .default([...OWNER_EVENTS])
      .meta({ defaultText: DEFAULT_EVENTS_TEXT })
      .describe(EVENTS_SENTENCE),
    ...mailServer(),
    domains: z
      .array(domain())
      .min(1)
      .describe(
        '`owner`: domains of e-mail to which is written; whoever commits chooses the address of the author.',
      ),
    perDay: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('`owner`: mails a day (UTC) to one address; what is beyond that is not told.'),
    perNamespace: z
      .int()
      .min(1)
      .default(50)
      .describe('`owner`: mails a day about the leaks of one top-level group or user of GitLab.'),
  });
}

function mailServer() {
  return {
    host: z.string().min(1).describe('`email`, `owner`: name or address of the SMTP server.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .default(587)
      .describe('`email`, `owner`: its port; 465 goes with `tls: implicit`.'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe('`email`, `owner`: how the connection is encrypted; without encryption only with `none`.'),
    username: z
      .string()
      .min(1)
      .optional()
      .describe('`email`, `owner`: user name, where the server wants one.'),
    password: secretText().optional().describe('`email`, `owner`: password.'),
    from: address().describe('`email`, `owner`: address of the sender.'),
  };
}

function common() {
  return {
    name: z
      .string()
      .regex(/^[\w.-]{1,60}$/, 'expected up to 60 letters, digits or _.-')
      .optional()
      .meta({ defaultText: 'type and place in the list' })
      .describe('Under which the ledger knows what was delivered; a receiver that is renamed starts anew.'),
    events: z
      .array(z.enum(NOTICE_EVENTS))
      .min(1)
      .default([...DEFAULT_NOTICE_EVENTS])
      .meta({ defaultText: DEFAULT_EVENTS_TEXT })
      .describe(EVENTS_SENTENCE),
    groupSeconds: z
      .int()
      .min(0)
      .max(WEEK_SECONDS)
      .default(60)
      .describe('How long news is collected for one message, in seconds; 86400 makes a daily digest.'),
  };
}

function type<Type extends string>(name: Type) {
  return z
    .literal(name)
    .describe(
      '`webhook`, `slack` (Mattermost, too), `email`, or `owner`: mails to those whose secret it was.',
    );
}

/** Whoever knows such a URL can post to it. */
function target() {
  return z
    .url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// or http://' })
    .refine((url) => !/^https?:\/\/[^/]*@|#/.test(url), 'expected a URL without credentials or a fragment')
    .transform((url) => new Secret(url))
    .meta({ secret: true })
    .describe('`webhook`, `slack`: where notices are posted to.');
}

function domain() {
  return z
    .string()
    .toLowerCase()
    .regex(
      /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/,
      'expected a domain, e.g. example.com',
    );
}

/** A bare address: with a display name, text could get into headers. */
function address() {
  return z.email('expected an e-mail address');
}
