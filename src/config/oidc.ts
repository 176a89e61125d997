/** `admin.oidc`: who signs in to the dashboard with a name of their own. */
import { z } from 'zod';
import { secretText } from '../words/secret-text.ts';

/** Of RFC 6749, section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

export function oidc() {
  return z.strictObject({
    issuer: z
      .url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// or http://' })
      .refine((url) => !/[?#]|\/\/[^/]*@/.test(url), 'expected no credentials, query or fragment')
      .describe(
        'Address of the issuer as it calls itself, such as `https://gitlab.example.com`. What it says is trusted.',
      ),
    clientId: z.string().min(1).describe('Id of the client (in GitLab: of the application) there.'),
    clientSecret: secretText().describe('Its secret.'),
    scopes: z
      .array(z.string().regex(SCOPE, 'expected a scope without blanks'))
      .default(['openid', 'profile'])
      .refine((scopes) => scopes.includes('openid'), 'expected openid among them')
      .describe(
        'What is asked for. Some issuers give a refresh token, with which a session lasts beyond an hour, for `offline_access` alone.',
      ),
    groupsClaim: z
      .string()
      .min(1)
      .default('groups')
      .describe("Claim with the person's groups, in the ID token or in what userinfo answers."),
    operators: members('Who decides: groups by their names, or persons as `{sub: ...}`.'),
    viewers: members(
      'Who sees everything and decides nothing. Whoever stands in neither list is not let in.',
    ),
  });
}

/** A name is never taken for a `sub` nor the reverse: whoever may found a group can call it as somebody's id. */
function members(description: string) {
  const member = z
    .strictObject(
      {
        group: z.string().min(1).optional().describe('The same as its name alone.'),
        sub: z.string().min(1).optional().describe("The issuer's own id of a person, which never changes."),
      },
      {
        error: ({ code }) => (code === 'invalid_type' ? 'expected a text, or a mapping of keys' : undefined),
      },
    )
    .refine(
      ({ group, sub }) => (group === undefined) !== (sub === undefined),
      'expected either group or sub',
    );
  const asMember = (value: unknown) => (typeof value === 'string' ? { group: value } : value);
  return z.array(z.preprocess(asMember, member)).default([]).describe(description);
}
