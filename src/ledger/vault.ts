/** A person's decision that an entry may be acted on. */
interface Approval {
  /** Although nothing proves that its secret leaked. */
  readonly unproven: boolean;
  /** The number of the act that it is for: each approval that ends, ends one. */
  readonly act: number;
  /** Who approved; may be empty. */
  readonly by: string;
}

/** What a ledger asks of the key file. It seals and signs where it writes, and sees no key. */
export interface LedgerVault {
  /** Tells one key file from another. */
  keyCheck(): string;
  /** Names a place of an entry, in 16 characters, so that it is known again. */
  placeKey(id: string, location: string): string;
  sealPlace(id: string, location: string): string;
  /** A sentence that says so, in place of what cannot be opened. */
  openPlace(id: string, sealed: string): string;
  sealSubject(id: string, content: string): string;
  /** @returns undefined when it cannot be opened */
  openSubject(id: string, sealed: string): string | undefined;
  sealSession(id: string, content: string): string;
  /** @returns undefined when it cannot be opened */
  openSession(id: string, sealed: string): string | undefined;
  sealNotice(id: string, content: string): string;
  /** @returns undefined when it cannot be opened */
  openNotice(id: string, sealed: string): string | undefined;
  /** Nobody who can only write to the ledger can approve. */
  signApproval(id: string, approval: Approval): string;
  /** Whether this is what {@link signApproval} made of an approval like that, by whomever. */
  isApproval(id: string, approval: Omit<Approval, 'by'>, signed: string): boolean;
}
