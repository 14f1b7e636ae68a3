// Something worth copying: monospaced, one click puts it on the clipboard and says so for a moment.
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { IconButton } from './Button.tsx';
import styles from './Copy.module.css';

export function useCopy(): { readonly copied: boolean; copy(text: string): void } {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return {
    copied,
    copy: (text) => {
      navigator.clipboard.writeText(text).then(
        () => setCopied(true),
        () => copyThroughSelection(text, () => setCopied(true)),
      );
    },
  };
}

/** Where the clipboard interface is denied, an old selection still works. */
function copyThroughSelection(text: string, done: () => void): void {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  if (document.execCommand('copy')) done();
  area.remove();
}

/** The value itself is the button. */
export function CopyText({
  text,
  label,
  shown,
}: {
  readonly text: string;
  readonly label: string;
  readonly shown?: string;
}) {
  const { copied, copy } = useCopy();
  return (
    <button
      type="button"
      className={styles.text}
      onClick={() => copy(text)}
      aria-label={`Copy ${label} ${shown ?? text}`}
      title={`Copy ${label}`}
    >
      <span className="clip">{shown ?? text}</span>
      {copied ? <IconCheck className={styles.done} /> : <IconCopy className={styles.icon} />}
      <span className="unseen" aria-live="polite">
        {copied ? 'Copied' : ''}
      </span>
    </button>
  );
}

export function CopyButton({ text, label }: { readonly text: string | (() => string); readonly label: string }) {
  const { copied, copy } = useCopy();
  return (
    <IconButton label={copied ? 'Copied' : label} onClick={() => copy(typeof text === 'string' ? text : text())}>
      {copied ? <IconCheck className={styles.done} /> : <IconCopy />}
    </IconButton>
  );
}
