// The chosen theme, text size and row height, laid over the whole window.
import { createTheme, type MantineColorSchemeManager, MantineProvider } from '@mantine/core';
import { type ReactNode, useLayoutEffect } from 'react';
import { rowHeights, useSettings } from '../store/settings.ts';

const theme = createTheme({
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 'sm',
  respectReducedMotion: true,
  cursorType: 'default',
  components: {
    Tooltip: {
      defaultProps: {
        openDelay: 400,
        transitionProps: { duration: 80 },
        events: { hover: true, focus: true, touch: false },
      },
    },
    Menu: { defaultProps: { transitionProps: { duration: 80 }, shadow: undefined } },
  },
});

/** Nothing of Mantine's own is stored: our settings say what the scheme is. */
const unstored: MantineColorSchemeManager = {
  get: (fallback) => fallback,
  set: () => {},
  subscribe: () => {},
  unsubscribe: () => {},
  clear: () => {},
};

export function Themed({ children }: { readonly children: ReactNode }) {
  const { theme: chosen, textSize, density } = useSettings();
  const forced = chosen === 'light' || chosen === 'dark' ? chosen : undefined;

  useLayoutEffect(() => {
    const root = document.documentElement;
    root.style.fontSize = textSize === 100 ? '' : `${textSize}%`;
    root.style.setProperty('--row', `${rowHeights[density] / 16}rem`);
    if (chosen === 'contrast') root.dataset.contrast = 'more';
    else if (forced) root.dataset.contrast = 'set';
    else delete root.dataset.contrast;
  }, [chosen, textSize, density, forced]);

  return (
    <MantineProvider
      theme={theme}
      colorSchemeManager={unstored}
      defaultColorScheme="auto"
      {...(forced ? { forceColorScheme: forced } : {})}
    >
      {children}
    </MantineProvider>
  );
}
