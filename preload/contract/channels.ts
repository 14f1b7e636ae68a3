// The desktop's two IPC channels, one each way. Known to the bridge and to main/electron/ipc.ts, never to the window.
export const channels = { toHost: 'hubfleet:to-host', toWindow: 'hubfleet:to-window' } as const;
