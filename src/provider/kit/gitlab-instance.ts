/** One of the instances of `gitlab.instances`, which the core and the providers that call GitLab share. */
import { z } from 'zod';
import { secretText } from '../../words/secret-text.ts';
import { baseUrl } from './config-keys.ts';

/** As GitLab itself validates it; empty where the administrators have cleared it. */
const accessTokenPrefix = z
  .string()
  .regex(/^[a-zA-Z0-9_+=/@:.-]{0,20}$/, 'expected up to 20 letters, digits or _+=/@:.-');
const instancePrefix = z.string().regex(/^[\w.=-]{1,20}$/, 'expected up to 20 letters, digits or -_.=');

/** One of the instances that an operator lists under `gitlab.instances`. */
export const gitlabInstance = z.strictObject({
  url: baseUrl().describe('Base URL, with the relative URL root where GitLab has one.'),
  adminToken: secretText()
    .optional()
    .describe(
      'Of an administrator, with the scopes `api` and `admin_mode`; without it only access tokens and runners can be revoked.',
    ),
  readToken: secretText()
    .optional()
    .describe('With scope `read_api`, to read the lines around a leak in projects that are not public.'),
  writeBackToken: secretText()
    .optional()
    .describe(
      'With scope `api`, of a user who may comment on and resolve vulnerabilities, to write there what became of a leak; see `gitlab.writeBack`.',
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
  searchOthers: z
    .boolean()
    .default(true)
    .describe(
      'Whether this instance may be shown tokens that leaked elsewhere, to find out whether it issued them.',
    ),
});

export type GitlabInstance = z.output<typeof gitlabInstance>;
