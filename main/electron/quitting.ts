// Quitting waits for the lab: worker threads and the store stop first, once, then the app ends. A lab that hangs is not waited for longer
// than ten seconds; the store loses nothing by it, since what was acknowledged is on disk.
import type { App } from 'electron';
import { type Clock, sleep } from '../../simulators/clock/clock.ts';
import { seconds } from '../../simulators/vocabulary/units.ts';

export const patience = seconds(10);

export function quitSafely(app: App, stop: () => Promise<void>, clock: Clock): void {
  let stage: 'running' | 'stopping' | 'stopped' = 'running';
  app.on('before-quit', (event) => {
    if (stage === 'stopped') return;
    event.preventDefault();
    if (stage === 'stopping') return;
    stage = 'stopping';
    const over = () => {
      stage = 'stopped';
      app.quit();
    };
    void Promise.race([stop().catch(() => {}), sleep(clock, patience)]).then(over);
  });
}
