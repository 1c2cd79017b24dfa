import type { Link } from '../feed.ts';

/** In place of the containers where there are none. */
export function Empty({
  isLoading,
  search,
  all,
}: {
  readonly isLoading: boolean;
  readonly search: string;
  readonly all: number;
}) {
  if (isLoading)
    return (
      <div class="skeleton" aria-label="Loading" role="status">
        {Array.from({ length: 8 }, (_, i) => (
          <i key={i} />
        ))}
      </div>
    );
  return (
    <div class="blank">
      <strong>{all === 0 ? 'No containers' : 'Nothing matches'}</strong>
      <p>
        {all === 0
          ? 'Start one, and it appears here: docker run --rm -it alpine'
          : `None of ${all} containers has “${search}” in its name, image, project, service or state. Esc clears.`}
      </p>
    </div>
  );
}

/** In place of all where the token is missing or wrong. */
export function Refused({ link }: { readonly link: Extract<Link, { readonly state: 'refused' }> }) {
  return (
    <div class="refused blank" role="alert">
      <strong>dockrx does not show this page to you</strong>
      {link.wantsToken ? (
        <p>
          It wants the token that dockrx was started with, in its address:{' '}
          <code>{location.pathname}?token=TOKEN</code>
        </p>
      ) : (
        <p>{link.text}</p>
      )}
    </div>
  );
}
