/** A first-in first-out list that knows the bytes it holds; every operation is O(1) amortised. */
export interface Fifo<T> {
  readonly size: number;
  readonly bytes: number;
  push(item: T, bytes: number): void;
  /** The oldest and its bytes; nothing when empty. */
  first(): { readonly item: T; readonly bytes: number } | undefined;
  /** Removes the oldest; nothing when empty. */
  shift(): void;
  /** Removes and returns the oldest: at least one, then as many as stay within both limits. */
  take(maxItems: number, maxBytes: number): { readonly items: T[]; readonly bytes: number };
}

export function fifo<T>(): Fifo<T> {
  let items: (T | undefined)[] = [];
  let sizes: number[] = [];
  let head = 0;
  let bytes = 0;
  const advance = (count: number): void => {
    head += count;
    if (head === items.length) {
      items = [];
      sizes = [];
      head = 0;
    } else if (head > 1024 && head * 2 > items.length) {
      items = items.slice(head);
      sizes = sizes.slice(head);
      head = 0;
    }
  };
  return {
    get size() {
      return items.length - head;
    },
    get bytes() {
      return bytes;
    },
    push(item, itemBytes) {
      items.push(item);
      sizes.push(itemBytes);
      bytes += itemBytes;
    },
    first: () => (head === items.length ? undefined : { item: items[head]!, bytes: sizes[head]! }),
    shift() {
      if (head === items.length) return;
      bytes -= sizes[head]!;
      items[head] = undefined;
      advance(1);
    },
    take(maxItems, maxBytes) {
      let end = head;
      let taken = 0;
      while (
        end < items.length &&
        end - head < maxItems &&
        (end === head || taken + sizes[end]! <= maxBytes)
      ) {
        taken += sizes[end]!;
        end += 1;
      }
      const batch = items.slice(head, end) as T[];
      items.fill(undefined, head, end);
      bytes -= taken;
      advance(end - head);
      return { items: batch, bytes: taken };
    },
  };
}
