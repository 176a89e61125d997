/**
 * Brings one configuration after the other into force. One takes as long as the work in hand: what begins meanwhile has to
 * rest on what that one leaves, as it would undo it else.
 */
export class Reloads<Setup> {
  readonly #onFailure: (error: unknown) => void;
  #inForce: Setup;
  #last: Promise<void> = Promise.resolve();

  /** @param inForce from the start on */
  constructor(inForce: Setup, onFailure: (error: unknown) => void) {
    this.#inForce = inForce;
    this.#onFailure = onFailure;
  }

  /** @param bring gets what is in force, and returns what is from then on; when it throws, that stays so */
  next(bring: (inForce: Setup) => Promise<Setup>): Promise<void> {
    this.#last = this.#last.then(async () => {
      try {
        this.#inForce = await bring(this.#inForce);
      } catch (error) {
        this.#onFailure(error);
      }
    });
    return this.#last;
  }
}
