// A note at the edge of the window, for refusals that have no place of their own. Results never go here: they stay where they belong.
import { notifications } from '@mantine/notifications';

export function say(note: { readonly message: string; readonly hint?: string | undefined }): void {
  notifications.show({
    message: note.hint ? `${note.message} ${note.hint}` : note.message,
    color: 'red',
    autoClose: 8_000,
    withBorder: true,
  });
}
