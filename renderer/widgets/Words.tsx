// A sentence as schemas write it: what stands between backticks is code.

export function Words({ text }: { readonly text: string | undefined }) {
  if (text === undefined) return null;
  // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence are their places
  return text.split('`').map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}
