import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatConnectionString, parseConnectionString } from '../../../simulators/tokens/connection-string.ts';

const key = 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=';
const idCharacters = [..."ABCxyz019-:.+%_#*?!(),=@$'"];
const id = fc.string({ unit: fc.constantFrom(...idCharacters), minLength: 1, maxLength: 128 });

describe('reading', () => {
  test('a service connection string', () => {
    expect(parseConnectionString(`HostName=a.b;SharedAccessKeyName=service;SharedAccessKey=${key}`)).toEqual({
      hostName: 'a.b',
      sharedAccessKeyName: 'service',
      sharedAccessKey: key,
    });
  });

  test('names of any case, white space around, a trailing semicolon', () => {
    expect(parseConnectionString(` hostname=a.b; deviceid=d1 ;X509=TRUE;\n`)).toEqual({
      hostName: 'a.b',
      deviceId: 'd1',
      x509: true,
    });
  });

  test('what was written is read back the same', () => {
    fc.assert(
      fc.property(id, fc.option(id), fc.base64String({ minLength: 4 }), (deviceId, moduleId, sharedAccessKey) => {
        const parts = {
          hostName: 'my-hub.localhost',
          deviceId,
          sharedAccessKey,
          gatewayHostName: '127.0.0.1',
          ...(moduleId === null ? {} : { moduleId }),
        };
        expect(parseConnectionString(formatConnectionString(parts))).toEqual(parts);
      }),
    );
  });
});

describe('refusing, with the field named', () => {
  test.each([
    ['', 'empty part'],
    ['HostName', "'HostName'"],
    ['DeviceId=d', 'HostName: is missing'],
    ['HostName=', "HostName: ''"],
    ['HostName=https://a.b/', "HostName: 'https://a.b/'"],
    ['HostName=a.b:8883', "HostName: 'a.b:8883'"],
    ['HostName=a.b;HostName=a.b', 'HostName: given twice'],
    ['HostName=a.b;DeviceId=d d', "DeviceId: 'd d'"],
    [`HostName=a.b;DeviceId=${'d'.repeat(129)}`, 'DeviceId'],
    ['HostName=a.b;ModuleId=m', 'DeviceId: is missing'],
    ['HostName=a.b;Colour=blue', "'Colour'"],
    ['HostName=a.b;SharedAccessKeyName=service', 'SharedAccessKey: is missing'],
    ['HostName=a.b;SharedAccessKey=not base64', 'SharedAccessKey: the key'],
    ['HostName=a.b;;DeviceId=d', 'empty part'],
    ['HostName=a.b;x509=yes', "x509: 'yes'"],
    [`HostName=a.b;DeviceId=d;x509=true;SharedAccessKey=${key}`, 'only one of'],
  ])('%s', (text, problem) => {
    const read = () => parseConnectionString(text);
    expect(read).toThrow(expect.objectContaining({ code: 'connection-string.invalid' }));
    expect(read).toThrow(problem);
  });

  test('no key is repeated in the sentence', () => {
    for (const text of [`${key}`, `HostName=a.b;SharedAccessKey=!${key}`, `HostName=a.b;${key}`]) {
      const message = (() => {
        try {
          parseConnectionString(text);
          return '';
        } catch (error) {
          return (error as Error).message;
        }
      })();
      expect(message).not.toBe('');
      expect(message).not.toContain(key.slice(0, 10));
    }
  });
});
