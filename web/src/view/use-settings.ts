import { useEffect, useState } from 'preact/hooks';

const PREFIX = 'dockrx-live-';

/** A state that the browser keeps for the next visit. */
export function useKept<T>(name: string, first: T): [T, (value: T) => void] {
  const [value, set] = useState<T>(() => {
    try {
      const text = localStorage.getItem(PREFIX + name);
      return text === null ? first : (JSON.parse(text) as T);
    } catch {
      return first;
    }
  });
  return [
    value,
    (next) => {
      set(next);
      try {
        localStorage.setItem(PREFIX + name, JSON.stringify(next));
      } catch {
        // Where nothing may be kept it is as at the first visit.
      }
    },
  ];
}

export function useMedia(query: string): boolean {
  const [isSo, set] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = (): void => set(media.matches);
    media.addEventListener('change', changed);
    changed();
    return () => media.removeEventListener('change', changed);
  }, [query]);
  return isSo;
}
