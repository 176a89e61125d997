/** What a person is told of a token that a cluster lets in, or let in before. */
import { refused } from '../../src/provider/kit/results.ts';

export const STRANGER = refused(
  'wrong-record',
  'The cluster lets this token in, but not as the service account that it names: find out who signed it, and end it there.',
);
export const OUT_OF_REACH = refused(
  'not-permitted',
  'The cluster cannot read what this token is bound to: it is gone, or only out of reach, and the token of Quash may not see which. Look for the Pod, Secret or node that the token names, or let Quash get pods, and retry.',
);

export const MAYBE_REBUILT = refused(
  'unknown-token',
  'The cluster let this token in before, and now there is nothing that it could be of; or another cluster has taken the address, which the token of Quash cannot tell. See whether the old cluster is gone. With a token of a service account of the cluster, Quash can tell that of each token that it sees work from then on.',
);
