// Two ways to the host behind one shape: the desktop's bridge, or a WebSocket on the page's own origin. Nothing above can tell which.
import type { BridgeApi } from '../../preload/contract/bridge-api.ts';
import type { ToHost, ToWindow } from '../../preload/contract/messages.ts';

declare global {
  interface Window {
    readonly hubfleet?: BridgeApi;
  }
}

export interface TransportEvents {
  /** A fresh way to the host: whatever was asked before must be asked again. */
  opened(): void;
  lost(): void;
  received(message: ToWindow): void;
}
export interface Transport {
  send(message: ToHost): void;
  /** Tries at once instead of waiting for the next attempt. */
  retry(): void;
}

export const openTransport = (events: TransportEvents): Transport =>
  window.hubfleet ? overBridge(window.hubfleet, events) : overSocket(events);

function overBridge(bridge: BridgeApi, events: TransportEvents): Transport {
  bridge.listen(events.received);
  queueMicrotask(events.opened);
  return { send: (message) => bridge.send(message), retry: () => {} };
}

const firstWait = 400;
const longestWait = 8_000;

function overSocket(events: TransportEvents): Transport {
  let socket: WebSocket | undefined;
  let wait = firstWait;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const dial = () => {
    clearTimeout(timer);
    const { protocol, host } = window.location;
    const dialed = new WebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/contract`);
    socket = dialed;
    dialed.onopen = () => {
      wait = firstWait;
      events.opened();
    };
    dialed.onmessage = (event) => events.received(JSON.parse(String(event.data)) as ToWindow);
    dialed.onclose = () => {
      if (socket !== dialed) return;
      socket = undefined;
      events.lost();
      // Up to half of each wait is drawn, so that several windows do not come back in step.
      timer = setTimeout(dial, wait * (0.5 + Math.random() / 2));
      wait = Math.min(wait * 2, longestWait);
    };
  };
  dial();

  return {
    send(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    retry() {
      if (socket) return;
      wait = firstWait;
      dial();
    },
  };
}
