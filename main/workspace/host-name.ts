// The local hub's name in connection strings and certificates when the user gives none. An address, because it is the only name with a
// dot (Java's SDK demands one) that every machine resolves to itself without a change to its hosts file.
export const defaultHostName = '127.0.0.1';
