/** What the library's errors mean. They may quote what the issuer or a browser sent: only codes that are known are kept. */
import type * as OpenIdClient from 'openid-client';
import { Failure } from '../provider/failure.ts';
import { type SignInCode, SignInFault } from './fault.ts';

/** Of OAuth (RFC 6749, sections 4.1.2.1 and 5.2) and OpenID Connect (Core 1.0, section 3.1.2.6). */
const BY_PROTOCOL: Readonly<Record<string, SignInCode>> = {
  access_denied: 'refused',
  account_selection_required: 'refused',
  consent_required: 'refused',
  interaction_required: 'refused',
  invalid_client: 'misconfigured',
  invalid_grant: 'refused',
  invalid_request: 'misconfigured',
  invalid_scope: 'misconfigured',
  login_required: 'refused',
  server_error: 'unavailable',
  temporarily_unavailable: 'unavailable',
  unauthorized_client: 'misconfigured',
  unsupported_grant_type: 'misconfigured',
  unsupported_response_type: 'misconfigured',
};

/** Of the library: the answer is none of this protocol, such as a proxy's own, or the issuer's document does not do. */
const BY_LIBRARY: Readonly<Record<string, SignInCode>> = {
  OAUTH_ABORT: 'unavailable',
  OAUTH_HTTP_REQUEST_FORBIDDEN: 'misconfigured',
  OAUTH_INVALID_SERVER_METADATA: 'misconfigured',
  OAUTH_MISSING_SERVER_METADATA: 'misconfigured',
  OAUTH_PARSE_ERROR: 'unavailable',
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'unavailable',
  OAUTH_RESPONSE_IS_NOT_JSON: 'unavailable',
  OAUTH_TIMEOUT: 'unavailable',
};

/**
 * @param challenged what it means when the issuer asks for another authorization
 * @param invalid what it means when an answer is not as it has to be
 * @throws what is none of the library's errors
 */
export function faultOf(
  library: typeof OpenIdClient,
  error: unknown,
  {
    challenged = 'misconfigured',
    invalid = 'forged',
  }: { readonly challenged?: SignInCode; readonly invalid?: SignInCode } = {},
): SignInFault {
  if (error instanceof SignInFault) return error;
  if (error instanceof library.WWWAuthenticateChallengeError) return new SignInFault(challenged);
  if (error instanceof library.ResponseBodyError || error instanceof library.AuthorizationResponseError) {
    const code = known(BY_PROTOCOL, error.error);
    return code ? new SignInFault(code, error.error) : new SignInFault('misconfigured');
  }
  if (!(error instanceof library.ClientError)) throw error;
  if (error.cause instanceof Failure) return new SignInFault('unavailable', error.cause);
  return new SignInFault(known(BY_LIBRARY, error.code) ?? invalid, error.code);
}

function known(codes: Readonly<Record<string, SignInCode>>, code = ''): SignInCode | undefined {
  return Object.hasOwn(codes, code) ? codes[code] : undefined;
}
