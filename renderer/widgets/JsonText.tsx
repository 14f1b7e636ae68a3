// JSON to read: indented, coloured by kind, never executed. Text that is no JSON is shown as it is.
import { memo, useMemo } from 'react';
import { CopyButton } from './Copy.tsx';
import { pretty } from './format.ts';
import styles from './JsonText.module.css';

const token = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b|([^"\d\-tfn]+|.)/g;

export const JsonText = memo(function JsonText({
  text,
  label,
  more,
}: {
  readonly text: string;
  readonly label: string;
  /** Said below when the text was cut. */
  readonly more?: string | undefined;
}) {
  const shown = useMemo(() => pretty(text), [text]);
  return (
    <figure className={styles.figure} aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable with the keyboard */}
      <pre className={styles.text} tabIndex={0}>
        {coloured(shown)}
      </pre>
      <div className={styles.copy}>
        <CopyButton text={shown} label={`Copy ${label.toLowerCase()}`} />
      </div>
      {more ? <figcaption className={styles.more}>{more}</figcaption> : null}
    </figure>
  );
});

/** A value on one line. */
export const JsonInline = memo(function JsonInline({ value }: { readonly value: unknown }) {
  return <code className={styles.inline}>{coloured(JSON.stringify(value) ?? '')}</code>;
});

function coloured(text: string): React.ReactNode[] {
  const parts: React.ReactNode[] = [];
  let at = 0;
  for (const [whole, string, colon, number, word] of text.matchAll(token)) {
    const key = at;
    at += whole.length;
    if (string !== undefined) {
      parts.push(
        <span key={key} className={styles[colon === undefined ? 'string' : 'key']}>
          {string}
        </span>,
      );
      if (colon !== undefined) parts.push(colon);
    } else if (number !== undefined || word !== undefined) {
      parts.push(
        <span key={key} className={styles[number === undefined ? 'word' : 'number']}>
          {whole}
        </span>,
      );
    } else parts.push(whole);
  }
  return parts;
}
