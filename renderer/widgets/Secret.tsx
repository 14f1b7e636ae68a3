// A connection string: masked until asked for, copied without ever being shown.
import { IconCheck, IconCopy, IconEye, IconEyeOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useAttempt } from '../connection/hooks.ts';
import { IconButton } from './Button.tsx';
import { useCopy } from './Copy.tsx';
import { Problem } from './Notes.tsx';
import styles from './Secret.module.css';

export function Secret({
  masked,
  label,
  reveal,
}: {
  readonly masked: string;
  readonly label: string;
  reveal(): Promise<string>;
}) {
  const [shown, setShown] = useState<string>();
  const { problem, attempt } = useAttempt();
  const { copied, copy } = useCopy();
  return (
    <div className={styles.whole}>
      <div className={styles.line}>
        <code className={shown ? styles.open : 'clip'} title={shown ? undefined : masked}>
          {shown ?? masked}
        </code>
        <IconButton
          label={shown ? `Hide ${label}` : `Reveal ${label}`}
          onClick={() => {
            if (shown) setShown(undefined);
            else void attempt(async () => setShown(await reveal()));
          }}
        >
          {shown ? <IconEyeOff /> : <IconEye />}
        </IconButton>
        <IconButton
          label={copied ? 'Copied' : `Copy ${label}`}
          onClick={() => void attempt(async () => copy(shown ?? (await reveal())))}
        >
          {copied ? <IconCheck className={styles.done} /> : <IconCopy />}
        </IconButton>
      </div>
      <Problem problem={problem} />
    </div>
  );
}
