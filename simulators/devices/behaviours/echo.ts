// Answers every method at once with 200 and the request's own payload, byte for byte.
import { JsonText, type OnMethod } from './behaviour.ts';

export const echo = (): OnMethod => (request, device) => device.reply(200, new JsonText(request.payload));
