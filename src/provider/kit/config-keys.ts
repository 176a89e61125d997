/** Keys that the configuration of many providers has. */
import { z } from 'zod';
import { withPlainHost } from '../../words/location.ts';
import { patternFault } from './pattern.ts';

/** The address of an instance as the operator writes it. */
export function baseUrl() {
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
    .overwrite(withPlainHost);
}

/** A pattern that the operator writes for text that anybody may have committed. */
export function patternKey() {
  return z.string().superRefine((source, context) => {
    const message = patternFault(source);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}
