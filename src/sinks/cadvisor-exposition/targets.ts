/** A cAdvisor that may be asked. */
export interface Target {
  /** As records have it: without scheme and credentials. */
  readonly host: string;
  readonly url: URL;
}

/** The targets by their `HOST:PORT`, which is what they are asked for by. */
export function targetsIn(addresses: readonly string[]): ReadonlyMap<string, Target> {
  return new Map(
    addresses.map((address) => {
      const url = new URL(address);
      return [url.host, { host: `${url.host}${url.pathname.replace(/\/$/, '')}`, url }];
    }),
  );
}

/**
 * The `HOST:PORT` that a request names: `/proxy/HOST:PORT`, `/proxy/http://HOST:PORT`, `/proxy?url=` with one of the two.
 * Whatever path follows is left out. Empty where it names none, nothing where that is no address.
 */
export function askedHost(requestUrl: string): string | undefined {
  const [path = '', query] = requestUrl.split(/\?(.*)/s, 2);
  const asked = new URLSearchParams(query).get('url') ?? decoded(path.replace(/^\/proxy[^/]*\/?/, ''));
  if (asked === undefined || asked === '') return asked;
  // Some clients make one slash of two.
  const address = /^[a-z][\w+.-]*:\//i.test(asked) ? asked.replace(/:\/+/, '://') : `http://${asked}`;
  return /^https?:/i.test(address) && URL.canParse(address) ? new URL(address).host : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
