// A moment: how long ago, with the absolute time on hover.
import { ago, moment, timeOfDay } from './format.ts';
import { useNow } from './now.ts';

export function Elapsed({ at }: { readonly at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={`${moment(at)} (${timeOfDay(at)})`}>
      {ago(now - at)}
    </time>
  );
}
