/** The example of a provider that the documents show is the template itself. */
import { filledIn, SHAPES, type Shape, templatesOf } from './provider-template.ts';

const BLOCK = /<!-- template:(\w+) -->\n[\s\S]*?<!-- \/template -->/g;

/** Fills each marked block with the adapter that `new-provider` writes for that shape. */
export function withTemplates(markdown: string): string {
  return markdown.replaceAll(BLOCK, (block, name: string) => {
    const shape = Object.keys(SHAPES).find((each): each is Shape => each === name);
    const [, text = ''] = (shape && templatesOf(shape).find(([file]) => file === 'index.ts')) ?? [];
    if (text === '') return block;
    const code = filledIn(text, { id: 'acme', today: 'YYYY-MM-DD' });
    return `<!-- template:${name} -->\n\`\`\`ts\n${code}\`\`\`\n<!-- /template -->`;
  });
}
