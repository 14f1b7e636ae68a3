// How each SDK is told to trust a hub with its own CA (reference 10.3). One text for the command line and the Hub page.

export interface TrustSteps {
  readonly sdk: string;
  readonly steps: readonly string[];
}

/** `file` is the path of the CA's PEM file. */
export const trustSteps = (file: string): readonly TrustSteps[] => [
  {
    sdk: 'Node',
    steps: [
      `Start the program with NODE_EXTRA_CA_CERTS=${file}`,
      `or, for a device client, before open(): client.setOptions({ ca: fs.readFileSync('${file}', 'utf8') })`,
    ],
  },
  {
    sdk: 'Python',
    steps: [
      `Device: IoTHubDeviceClient.create_from_connection_string(text, server_verification_cert=open('${file}').read())`,
      `Service: start the program with REQUESTS_CA_BUNDLE=${file}`,
    ],
  },
  {
    sdk: '.NET',
    steps: [
      `Linux: start the program with SSL_CERT_FILE=${file}, or copy it to /usr/local/share/ca-certificates/hubfleet.crt and run update-ca-certificates`,
      `Windows: certutil -user -addstore Root "${file}"`,
    ],
  },
  {
    sdk: 'Java',
    steps: [
      `keytool -importcert -noprompt -alias hubfleet -file ${file} -keystore hubfleet.jks -storepass changeit`,
      'Start the program with -Djavax.net.ssl.trustStore=hubfleet.jks -Djavax.net.ssl.trustStorePassword=changeit',
    ],
  },
  { sdk: 'curl', steps: [`curl --cacert ${file} https://...`] },
];
