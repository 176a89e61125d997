import type { Secret } from '../words/secret.ts';
import type { Upstream } from './upstream.ts';

/**
 * What the platform gives to the process that Quash runs in, so that no operator has to keep a credential for it: the
 * identity of a workload.
 */
export interface Workload {
  /** An environment variable; undefined where it is unset or empty. */
  variable(name: string): string | undefined;
  /**
   * A file without the white space around it, read anew at each call, as platforms replace such files.
   * @throws {Failure} `misconfigured` when it cannot be read; its cause is the system's code
   */
  file(path: string): Promise<Secret>;
  /**
   * A client for one of the platform's own services, at the addresses that {@link METADATA_SERVICES} lists: past the proxy,
   * and on no other way than this.
   */
  metadata(origin: MetadataService): Upstream;
}

/** Addresses, not names: whoever answers for a name would decide who gets the request. */
export const METADATA_SERVICES = [
  // Instances of AWS, Google Cloud and Azure.
  'http://169.254.169.254',
  'http://[fd00:ec2::254]',
  // Tasks of Amazon ECS, Pods of Amazon EKS.
  'http://169.254.170.2',
  'http://169.254.170.23',
  'http://[fd00:ec2::23]',
] as const;

type MetadataService = (typeof METADATA_SERVICES)[number];
