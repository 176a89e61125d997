/** One of the instances of `gitlab.instances`, which the core and the providers that call GitLab share. */
import { z } from 'zod';
import { MIN_VARIETY, secretText } from '../../words/secret-text.ts';
import { baseUrl } from './config-keys.ts';

/** As GitLab itself validates it; empty where the administrators have cleared it. */
const accessTokenPrefix = z
  .string()
  .regex(/^[a-zA-Z0-9_+=/@:.-]{0,20}$/, 'expected up to 20 letters, digits or _+=/@:.-');
const instancePrefix = z.string().regex(/^[\w.=-]{1,20}$/, 'expected up to 20 letters, digits or -_.=');

const SIGNING_KEY = /^whsec_[A-Za-z0-9+/]{43}=$/;
const MIN_HOOK_TOKEN_LENGTH = 16;
/**
 * A name in a path as GitLab lets one be chosen (`lib/gitlab/path_regex.rb`): it needs no encoding, and is not `.` or `..`.
 * Without a look ahead, which the chart's schema does not know.
 */
export const NAME = String.raw`(?:\w|\.{1,2}[\w-])[\w.-]*`;
/** By which groups and projects are known. */
export const FULL_PATH = new RegExp(`^${NAME}(?:/${NAME})*$`);

const instance = z.strictObject({
  url: baseUrl('/api/v4').describe('Base URL, with the relative URL root where GitLab has one.'),
  adminToken: secretText()
    .optional()
    .describe(
      'Of an administrator, with the scopes `api` and `admin_mode`; without it only access tokens and runners can be revoked.',
    ),
  readToken: secretText()
    .optional()
    .describe(
      'With scope `read_api`, to read the lines around a leak in projects that are not public, and what GitLab has found there.',
    ),
  writeBackToken: secretText()
    .optional()
    .describe(
      'With scope `api`, of a user who may comment on and resolve vulnerabilities, or make issues, to write there what became of a leak; see `gitlab.writeBack`.',
    ),
  personalAccessTokenPrefixes: z
    .array(accessTokenPrefix)
    .default([])
    .describe(
      'Custom prefixes of personal, project and group access tokens, present and former; `""` where they have none.',
    ),
  instanceTokenPrefixes: z
    .array(instancePrefix)
    .default([])
    .describe(
      'Custom prefixes that go before the default ones, without the hyphen. GitLab looks up tokens with its present one only: of those with a former one it revokes access tokens and runners alone.',
    ),
  hookTokens: z
    .array(secretText({ minLength: MIN_HOOK_TOKEN_LENGTH, minVariety: MIN_VARIETY }))
    .default([])
    .describe(
      'Secret tokens of project and group hooks that send vulnerability events to `/v1/gitlab/events`; needs `readToken`.',
    ),
  hookSigningKeys: z
    .array(secretText({ pattern: SIGNING_KEY, expected: 'expected whsec_ and 32 bytes in base64' }))
    .default([])
    .describe('Signing tokens of such hooks, `whsec_...`; in place of `hookTokens`, or beside them.'),
  sweep: z
    .strictObject({
      groups: z
        .array(z.string().regex(FULL_PATH, 'expected the path of a group, e.g. `platform/payments`'))
        .min(1)
        .describe('Paths of groups whose open secret findings are gone through, with all projects below.'),
      everyHours: z
        .int()
        .min(1)
        .max(8_760)
        .default(24)
        .describe('Hours from one sweep of a group to the next.'),
    })
    .optional()
    .describe('Sweeps that the service does by itself; needs `readToken`.'),
  searchOthers: z
    .boolean()
    .default(true)
    .describe(
      'Whether this instance may be shown tokens that leaked elsewhere, to find out whether it issued them, or has them from a backup.',
    ),
});

/** One of the instances that an operator lists under `gitlab.instances`. */
export const gitlabInstance = instance.superRefine(
  ({ readToken, hookTokens, hookSigningKeys, sweep }, context) => {
    if (readToken || (hookTokens.length === 0 && hookSigningKeys.length === 0 && !sweep)) return;
    const message = 'missing; hookTokens, hookSigningKeys and sweep need it, to read what leaked';
    context.addIssue({ code: 'custom', path: ['readToken'], message });
  },
);

export type GitlabInstance = z.output<typeof gitlabInstance>;
