// Answers every method at once with 200 and the request's own payload, byte for byte.
import { type Behaviour, JsonText } from './behaviour.ts';

export const echo = (): Behaviour => ({
  onMethod: (request, device) => device.reply(200, new JsonText(request.payload)),
});
