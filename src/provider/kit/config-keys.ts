/** Keys that the configuration of many providers has. */
import { z } from 'zod';
import { withPlainHost } from '../../words/location.ts';
import { patternFault } from './pattern.ts';

/**
 * The address of an instance as the operator writes it.
 * @param root of its API, which all paths of calls have and the address has not: `/api/v4`
 */
export function baseUrl(root = '') {
  return z
    .url({ protocol: /^https?$/ })
    .refine((text) => {
      const url = URL.parse(text);
      return url !== null && !url.username && !url.password && !/[?#]/.test(text);
    }, 'expected no credentials, query or fragment')
    .refine(
      (text) => !/[{}<>\\]/.test(text) && !/^https?$/.test(URL.parse(text)?.hostname ?? ''),
      'expected one address, without a placeholder or a second `https://`',
    )
    .refine((text) => !endsWithin(root, text), `expected the address without \`${root}\`, which Quash adds`)
    .overwrite(withPlainHost);
}

/** Whether the path of an address ends with the beginning of that root. */
function endsWithin(root: string, address: string): boolean {
  const path = URL.parse(address)?.pathname.replace(/\/+$/, '') ?? '';
  const names = root.split('/').slice(1);
  return names.some((_, last) => path.endsWith(`/${names.slice(0, last + 1).join('/')}`));
}

/** A pattern that the operator writes for text that anybody may have committed. */
export function patternKey() {
  return z.string().superRefine((source, context) => {
    const message = patternFault(source);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}
