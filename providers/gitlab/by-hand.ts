/** Kinds that no API revokes by their plaintext, though some call a live one unknown: none is sent, a person must act. */
import { END, TWENTY } from './forms.ts';
import { type KindFacts, twenty } from './kind-facts.ts';

export interface ByHand extends KindFacts {
  /** What the person does. */
  readonly advice: string;
}

export const BY_HAND: readonly ByHand[] = [
  {
    id: 'path-feed-token',
    rules: ['gitlab_feed_token_v2', 'gitlab-feed-token'],
    pattern: () => `glft-[0-9a-f]{64}-\\d{1,20}${END}`,
    whole: 'open',
    advice:
      'This feed token was derived for one address: the user whose id is at its end must reset the feed token in the preferences.',
  },
  {
    id: 'bare-feed-token',
    rules: ['gitlab_feed_token'],
    pattern: () => `feed_token=(?<token>${TWENTY})${END}`,
    whole: 'open',
    advice:
      'GitLab cannot look up feed tokens of this old form: its user must reset the feed token in the preferences.',
  },
  {
    id: 'runner-registration-token',
    rules: ['gitlab_runner_registration_token'],
    pattern: () => `GR1348941${TWENTY}${END}`,
    whole: 'exact',
    advice:
      'Reset the runner registration token in the CI/CD settings of its project or group, or of the instance.',
  },
  {
    ...twenty('glwt-'),
    id: 'workspace-token',
    rules: [],
    advice: 'Terminate the workspace that this token belongs to.',
  },
  {
    ...twenty('glrct-'),
    id: 'runner-controller-token',
    rules: [],
    advice:
      'An administrator must revoke it: GitLab lists the tokens of a runner controller without their values (API at /runner_controllers/:id/tokens), so revoke all of the controller that it belongs to unless the description tells which one it is.',
  },
];
