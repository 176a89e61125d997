/** The keys of `custom.<id>`: a provider that the operator declares without code. */
import { z } from 'zod';
import { patternKey } from '../provider/kit/config-keys.ts';
import { secretText } from '../words/secret-text.ts';
import { parseAddress } from './address.ts';
import { possessionFaults } from './possession.ts';
import {
  answerFaults,
  type EntryFault,
  exactFaults,
  flowFaults,
  REFUSING,
  reachFaults,
  referenceFaults,
  requestFaults,
  warningFaults,
} from './rules.ts';
import { Template, textsIn } from './template.ts';

export type CustomEntry = z.output<typeof customEntry>;
export type CustomRequest = CustomEntry['revoke'][number]['request'];
export type CustomAnswer<Means extends string = string> = Omit<
  CustomEntry['revoke'][number]['answers'][number],
  'means'
> & { readonly means: Means };

/** Failures of our side or the provider's, or of this one request. */
export const FAILING = [
  'retry',
  'credential-refused',
  'permission-missing',
  'throttled',
  'unavailable',
] as const;
const REVOKE_MEANS = [
  'next',
  'revoked',
  'accepted',
  'already-inactive',
  'expires',
  'verify',
  ...REFUSING,
  ...FAILING,
] as const;
/** Of `prove` and `verify`. */
const ASK_MEANS = ['alive', 'dead', 'unknown', ...FAILING] as const;
/** How a call of `revoke` ends where it does not fail. */
export type RevokeMeans = Exclude<(typeof REVOKE_MEANS)[number], (typeof FAILING)[number]>;
const CHECK_MEANS = ['works', ...FAILING] as const;

/** The client sets these itself. */
const RESERVED_HEADERS = ['host', 'user-agent', 'connection', 'content-length', 'transfer-encoding'];

const MAX_STEPS = 3;
const MALFORMED =
  'expected braces around the names of placeholders only; a brace of its own is written twice';
const NAME = /^[A-Za-z_]\w*$/;

/** A strict object. What its texts refer to is checked, too. */
export const customEntry = z
  .strictObject({
    title: z
      .string()
      .regex(/^\S.{0,99}$/, 'expected one line of at most 100 characters')
      .optional()
      .describe('Its name for people.'),
    types: z
      .array(z.string().trim().min(1).max(255).toLowerCase())
      .min(1)
      .describe('Type strings under which scanners report its tokens.'),
    pattern: patternKey().describe(
      'JavaScript regular expression, flag `u`: its match, or its group `token`, is the token; other named groups are placeholders.',
    ),
    effect: z
      .enum(['token', 'wider'])
      .default('token')
      .describe(
        '`wider` when a revocation hits more than the leaked token, or when nothing proves the token; it then waits for approval.',
      ),
    warning: sentence().optional().describe('For `wider`: one sentence that says what else is hit.'),
    exact: z
      .boolean()
      .default(false)
      .describe(
        'Whether the pattern matches whole tokens alone: no beginning of one, cut by a scanner. It needs an edge at both ends then.',
      ),
    places: z
      .array(place())
      .min(1)
      .optional()
      .describe(
        'Every place where such tokens are issued, as `https://host`. With `exact`, a token that all of them were asked about and refused is dead. Without it there may be others.',
      ),
    undo: z.enum(['yes', 'no']).default('no').describe('Whether a person can take a revocation back.'),
    docs: z
      .url({ protocol: /^https$/, error: 'expected a URL that starts with https://' })
      .describe('The page that documents the calls.'),
    secrets: z
      .record(name(), secretText({ severalLines: true }))
      .default({})
      .describe('Our own credentials by name; each `x` can be given as `xFile`, the path of a file.'),
    prove: strictExchange(ASK_MEANS)
      .optional()
      .describe(
        'A call with the whole `{token}` that changes nothing and shows whether it works, before `revoke`: `request` and `answers` as in `revoke`. `dead` where the answer says that this very token is revoked, expired or deleted, `unknown` where it is only refused.',
      )
      .meta({ folded: true }),
    revoke: z.array(step()).min(1).max(MAX_STEPS).describe('One to three calls, in this order.'),
    verify: strictExchange(ASK_MEANS)
      .optional()
      .describe(
        'A call that changes nothing and shows whether the token is dead: `request` and `answers` as in `revoke`. Default is `prove`.',
      )
      .meta({ folded: true }),
    check: strictExchange(CHECK_MEANS)
      .optional()
      .describe(
        'A call that shows whether our own credentials work, for `quash check --online`: `request` and `answers` as in `revoke`.',
      )
      .meta({ folded: true }),
  })
  .superRefine((entry, context) => {
    report(
      [
        ...exactFaults(entry),
        ...warningFaults(entry),
        ...flowFaults(entry),
        ...referenceFaults(entry),
        ...possessionFaults(entry),
      ],
      context,
    );
  });

function step() {
  return strictExchange(REVOKE_MEANS).safeExtend({
    extract: z
      .record(name(), z.string().superRefine(checkExtractPath))
      .default({})
      .describe(
        'Values for the calls after this one, each by its path in the JSON answer: `data.0.id`. A list must have one element.',
      ),
  });
}

function strictExchange<const Means extends readonly string[]>(means: Means) {
  return z.strictObject({
    request: request().describe('The call.'),
    answers: z
      .array(answer(means))
      .min(1)
      .superRefine((answers, context) => report(reachFaults(answers), context))
      .describe('What its answers mean; the first that fits counts.'),
  });
}

function request() {
  return z
    .strictObject({
      method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).describe('HTTP method.'),
      url: z
        .string()
        .superRefine((url, context) => {
          const address = parseAddress(url);
          if (typeof address === 'string') context.addIssue({ code: 'custom', message: address });
        })
        .describe('With placeholders in path and query only; their values are encoded.'),
      tokenInUrl: z
        .boolean()
        .default(false)
        .describe('Allows `{token}` in the URL, for an API that takes it nowhere else.'),
      secretInUrl: z
        .boolean()
        .default(false)
        .describe('Allows `{secrets.x}` in the URL, for an API that takes it nowhere else.'),
      headers: templates(z.record(headerName(), headerValue()))
        .default({})
        .describe('Headers, with placeholders in their values.'),
      basic: templates(
        z.strictObject({
          username: z
            .string()
            .regex(/^[^:]*$/, 'expected no colon')
            .describe('Name for HTTP Basic authentication.'),
          password: z.string().describe('Password for HTTP Basic authentication, as a placeholder.'),
        }),
      ).optional(),
      json: templates(z.json()).optional().describe('JSON body, with placeholders in its texts.'),
      form: templates(z.record(z.string().min(1), z.string()))
        .optional()
        .describe('Form body, with placeholders in its values.'),
    })
    .superRefine((value, context) => report(requestFaults(value), context));
}

function answer<const Means extends readonly string[]>(means: Means) {
  return z
    .strictObject({
      status: z.union([status(), z.array(status()).min(1)]).describe('HTTP status, or a list of them.'),
      json: templates(z.json())
        .optional()
        .describe(
          'What the JSON answer must have: objects may have more keys, lists are as long; placeholders in its texts.',
        ),
      anyBody: z
        .boolean()
        .default(false)
        .describe('Whether the body does not matter. Otherwise it must be JSON or empty.'),
      means: z.enum(means).describe('What the answer means.'),
      advice: sentence()
        .optional()
        .describe('With a meaning that leaves the token to a person: what to do, in one sentence.'),
    })
    .superRefine((value, context) => report(answerFaults(value), context));
}

/** Refuses texts, at any depth, that are no templates. */
function templates<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.superRefine((value, context) => {
    const malformed = textsIn(value).filter(({ text }) => !Template.parse(text));
    report(
      malformed.map(({ path }) => ({ path, message: MALFORMED })),
      context,
    );
  });
}

function report(faults: readonly EntryFault[], context: z.RefinementCtx): void {
  for (const { path, message } of faults) context.addIssue({ code: 'custom', message, path: [...path] });
}

function name() {
  return z.string().regex(NAME, 'expected a name of letters, digits and underscores');
}

function place() {
  return z
    .string()
    .refine(
      (text) => URL.parse(text)?.origin === text && /^https?:/.test(text),
      'expected https:// or http:// and a host alone, such as https://api.example.com',
    );
}

function headerName() {
  return z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'expected the name of a header')
    .refine(
      (header) => !RESERVED_HEADERS.includes(header.toLowerCase()),
      'expected no header that Quash sets',
    );
}

function headerValue() {
  return z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'expected one line of plain characters');
}

function status() {
  return z.int().min(200).max(599);
}

function sentence() {
  return z.string().regex(/^\S.{0,299}$/, 'expected one line of at most 300 characters');
}

/** The first of several may belong to somebody else, so no other index leads into a list. */
function checkExtractPath(path: string, context: z.RefinementCtx): void {
  const keys = path.split('.');
  if (keys.includes('')) {
    context.addIssue({ code: 'custom', message: 'expected keys with dots between them, such as data.0.id' });
  } else if (keys.some((key) => /^\d+$/.test(key) && key !== '0')) {
    context.addIssue({
      code: 'custom',
      message: 'expected no index but 0, which stands for the only element',
    });
  }
}
