import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/**
 * What helmet tells browsers with every answer: to load and run nothing from elsewhere. It depends on no request, so it is
 * put together once.
 */
export function securityHeaders(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const response: Pick<ServerResponse, 'setHeader' | 'removeHeader'> = {
    setHeader: (name, value) => {
      headers[name] = String(value);
      return response as ServerResponse;
    },
    removeHeader: () => undefined,
  };
  const setHeaders = helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        upgradeInsecureRequests: null, // this server speaks HTTP; what speaks HTTPS before it knows its own address
      },
    },
    strictTransportSecurity: false, // likewise
  });
  setHeaders({} as IncomingMessage, response as ServerResponse, () => undefined);
  return headers;
}
