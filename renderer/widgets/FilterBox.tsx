// The filter of a list: text and tokens as you type, a hint of what can be typed, Esc empties it. Ctrl+F comes here.
import { IconFilter, IconX } from '@tabler/icons-react';
import { useEffect, useId, useRef, useState } from 'react';
import { IconButton } from './Button.tsx';
import styles from './FilterBox.module.css';
import { KeyText } from './KeyText.tsx';

export interface FilterToken {
  readonly token: string;
  readonly means: string;
}

export function FilterBox({
  value,
  change,
  label,
  tokens,
  problem,
  keyHint = true,
}: {
  readonly value: string;
  change(value: string): void;
  readonly label: string;
  readonly tokens: readonly FilterToken[];
  readonly problem?: string | undefined;
  /** Whether Ctrl+F comes here, now. */
  readonly keyHint?: boolean;
}) {
  const [text, setText] = useState(value);
  const [focused, setFocused] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  // In the middle of a word the hint would only hide what was found.
  const nextWord = text === '' || text.endsWith(' ');
  const id = useId();
  useEffect(() => setText(value), [value]);
  // The list follows a moment behind the keys, so that a fast typist does not ask for every letter.
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => change(text), 120);
    return () => clearTimeout(timer);
  }, [text, value, change]);

  return (
    <div className={styles.box} data-problem={problem ? true : undefined}>
      <IconFilter aria-hidden="true" className={styles.icon} />
      <input
        ref={field}
        data-filter
        type="search"
        aria-label={label}
        aria-describedby={`${id}-hint`}
        aria-invalid={problem ? true : undefined}
        placeholder={label}
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          if (text === '') field.current?.blur();
          setText('');
          change('');
        }}
      />
      {text === '' ? (
        keyHint ? (
          <KeyText shortcut="mod+f" />
        ) : null
      ) : (
        <IconButton
          label="Clear the filter"
          onClick={() => {
            setText('');
            change('');
            field.current?.focus();
          }}
        >
          <IconX />
        </IconButton>
      )}
      <div id={`${id}-hint`} className={styles.hint} hidden={!problem && !(focused && nextWord)}>
        {problem ? <p className={styles.problem}>{problem}</p> : null}
        <p className="quiet">Words match anywhere. Tokens:</p>
        <ul>
          {tokens.map(({ token, means }) => (
            <li key={token}>
              <button
                type="button"
                tabIndex={-1}
                // Not the click: by then the field has lost its focus and the hint is gone.
                onMouseDown={(event) => {
                  event.preventDefault();
                  setText(`${text.trimEnd()}${text.trim() === '' ? '' : ' '}${token}`);
                }}
              >
                <code>{token}</code>
                <span>{means}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
