// What became of a cloud-to-device message: shape and colour together, and the word.
import { IconArrowBackUp, IconCheck, IconClockX, IconTrash, IconX } from '@tabler/icons-react';
import type { TrafficRow } from '../connection/shapes.ts';
import styles from './Traffic.module.css';

type MessageOutcome = NonNullable<TrafficRow['outcome']>;

const marks: Readonly<
  Record<MessageOutcome, readonly [word: string, mark: typeof IconX, look: string, means: string]>
> = {
  completed: ['completed', IconCheck, styles.good ?? '', 'The device took it'],
  rejected: ['rejected', IconX, styles.ended ?? '', 'The device refused it'],
  abandoned: ['abandoned', IconArrowBackUp, styles.again ?? '', 'The device gave it back; it is delivered again'],
  expired: ['expired', IconClockX, styles.ended ?? '', 'Nobody took it in time'],
  'delivery-count': [
    'given up',
    IconArrowBackUp,
    styles.ended ?? '',
    'It was given back as often as the hub delivers one',
  ],
  purged: ['purged', IconTrash, styles.ended ?? '', 'The queue of the device was emptied'],
};

export function Outcome({ outcome }: { readonly outcome: TrafficRow['outcome'] }) {
  if (outcome === undefined) return null;
  const [word, Mark, look, means] = marks[outcome];
  return (
    <span className={`${styles.outcome} ${look}`} title={means}>
      <Mark aria-hidden="true" />
      {word}
    </span>
  );
}
