// What is open: screen, side pane, device, tab. The parts that a person arranges are kept in localStorage.
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { useFleet } from './fleet.ts';

export const screens = ['fleet', 'traffic', 'query', 'jobs', 'hub', 'settings'] as const;
export type Screen = (typeof screens)[number];
export type SideTab = 'invoke' | 'message' | 'faults' | 'new-fleet';
export type DeviceTab = 'traffic' | 'twin' | 'messages' | 'behaviour' | 'faults' | 'connection';

interface WindowState {
  readonly screen: Screen;
  readonly sideOpen: boolean;
  readonly sideTab: SideTab;
  /** The device whose page splits the middle. */
  readonly device: string | undefined;
  readonly deviceTab: DeviceTab;
  readonly shortcutsOpen: boolean;
  /** The fleet that the form at the side changes; undefined while it is for a new one. */
  readonly fleetInForm: string | undefined;
  go(screen: Screen): void;
  openSide(tab: SideTab): void;
  toggleSide(): void;
  /** Opens the form at the side, for a new fleet or to change one there is. */
  openFleetForm(fleet?: string): void;
  openDevice(device: string, tab?: DeviceTab): void;
  closeDevice(): void;
  showDeviceTab(tab: DeviceTab): void;
  showShortcuts(open: boolean): void;
}

export const useWindow = create<WindowState>()(
  persist(
    (set) => ({
      screen: 'fleet',
      sideOpen: true,
      sideTab: 'invoke',
      device: undefined,
      deviceTab: 'traffic',
      shortcutsOpen: false,
      fleetInForm: undefined,
      go: (screen) => set({ screen }),
      openSide: (sideTab) => set({ sideTab, sideOpen: true }),
      toggleSide: () => set((state) => ({ sideOpen: !state.sideOpen })),
      openFleetForm: (fleetInForm) => set({ fleetInForm, sideTab: 'new-fleet', sideOpen: true }),
      openDevice: (device, tab) => {
        useFleet.getState().opened(device);
        set({ device, screen: 'fleet', ...(tab ? { deviceTab: tab } : {}) });
      },
      closeDevice: () => set({ device: undefined }),
      showDeviceTab: (deviceTab) => set({ deviceTab }),
      showShortcuts: (shortcutsOpen) => set({ shortcutsOpen }),
    }),
    {
      name: 'hubfleet.window',
      version: 1,
      partialize: ({ screen, sideOpen, deviceTab }) => ({ screen, sideOpen, deviceTab }),
    },
  ),
);
