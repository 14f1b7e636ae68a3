// The moments of a method call at which a fault can take the link away.
import type { SettingsOf } from '../../vocabulary/fault-specs.ts';
import type { LinkGrip } from '../../vocabulary/passages.ts';
import type { FaultSteps } from '../fault.ts';

/** @param cut takes the link away; is told the moment in words. */
export function midCall(
  at: SettingsOf<'link.drop'>['at'],
  cut: (link: LinkGrip, moment: string) => void,
): Pick<FaultSteps, 'call' | 'reply'> {
  if (at === 'received') {
    return {
      call: (passage) => {
        cut(passage.link, 'before executing a method');
        passage.lose();
      },
    };
  }
  return {
    reply: (passage) => {
      if (at === 'executed') {
        cut(passage.link, 'in place of a reply');
        passage.swallow();
      } else {
        passage.onceLeft(() => cut(passage.link, 'after a reply'));
        passage.pass();
      }
    },
  };
}
