// Buttons: one look for the main deed of a pane, one for the others, one for icons alone (which always carry a name).
import { Tooltip } from '@mantine/core';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import styles from './Button.module.css';
import { KeyText } from './KeyText.tsx';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'main' | 'plain' | 'quiet';
  readonly icon?: ReactNode;
  readonly shortcut?: string | undefined;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = 'plain', icon, shortcut, children, className, ...rest }: ButtonProps) {
  return (
    <button type="button" className={`${styles.button} ${styles[look]} ${className ?? ''}`} {...rest}>
      {icon}
      {children}
      {shortcut ? <KeyText shortcut={shortcut} /> : null}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly label: string;
  readonly shortcut?: string | undefined;
  readonly pressed?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ label, shortcut, pressed, className, children, ...rest }: IconButtonProps) {
  return (
    <Tooltip
      label={
        <>
          {label}
          {shortcut ? <KeyText shortcut={shortcut} /> : null}
        </>
      }
    >
      <button
        type="button"
        aria-label={label}
        {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
        className={`${styles.icon} ${className ?? ''}`}
        {...rest}
      >
        {children}
      </button>
    </Tooltip>
  );
}
