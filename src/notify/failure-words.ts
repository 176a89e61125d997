/** Why a delivery failed, in words for the operator of Quash. */
import { Failure, type FailureCode } from '../provider/failure.ts';

const MESSAGES: Readonly<Partial<Record<FailureCode, string>>> = {
  unreachable: 'The connection to the receiver broke off.',
  'unknown-host': "The name server does not know the receiver's host: correct its address.",
  'connection-refused': 'Nothing listens at the address of the receiver: correct it, or start the receiver.',
  'no-route': 'No route leads to the receiver: open the network, or set upstream.proxy.',
  'untrusted-certificate':
    "The receiver's certificate is not trusted, is for another name or has ended: set upstream.caFile, or have it renewed.",
  'proxy-failed':
    'The proxy could not be reached, or did not let the notice through: see upstream.proxy and upstream.noProxy.',
  timeout: 'The receiver did not answer in time.',
  throttled: 'The receiver asked for fewer messages.',
  unavailable: 'The receiver said that it is not available now.',
  'credential-refused': 'The receiver refused the credential: correct it in the configuration.',
  'permission-missing': 'The credential lacks a right that it needs.',
  misconfigured: 'The address or the encryption of the receiver is wrong.',
  'blocked-address': 'The receiver has a private address that upstream.allowPrivate does not allow.',
};
const OTHER_MESSAGE = 'The receiver did not take it.';

/** One constant sentence. */
export function failureWords(code: FailureCode): string {
  return MESSAGES[code] ?? OTHER_MESSAGE;
}

/** @param signal that ended the delivery, where it did */
export function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (error instanceof Failure) return error;
  return new Failure(signal.aborted ? 'timeout' : 'internal');
}
