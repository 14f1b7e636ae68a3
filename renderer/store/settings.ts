// How the window looks for this person: theme, text size, row height. Kept in localStorage.
import { create } from 'zustand';
import { persist } from 'zustand/middleware';

export const themes = ['system', 'light', 'dark', 'contrast'] as const;
export type Theme = (typeof themes)[number];
export const densities = ['compact', 'normal', 'roomy'] as const;
export type Density = (typeof densities)[number];

/** Height of a table row in CSS px at 100% text. */
export const rowHeights: Readonly<Record<Density, number>> = { compact: 24, normal: 28, roomy: 36 };
export const textSizes = [100, 110, 125, 150, 175, 200] as const;

interface Settings {
  readonly theme: Theme;
  readonly textSize: number;
  readonly density: Density;
  set(change: Partial<Pick<Settings, 'theme' | 'textSize' | 'density'>>): void;
}

export const useSettings = create<Settings>()(
  persist((set) => ({ theme: 'system', textSize: 100, density: 'normal', set: (change) => set(change) }), {
    name: 'hubfleet.settings',
    version: 1,
  }),
);

/** Height of a row in px as drawn now. */
export const useRowHeight = (): number =>
  useSettings((settings) => Math.round((rowHeights[settings.density] * settings.textSize) / 100));
