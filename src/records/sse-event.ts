/** A server-sent event as it came. */
export interface SseEvent {
  /** `message` where the server names no type. */
  readonly type: string;
  readonly data: string;
  /** Empty where the server gives none. */
  readonly id: string;
}
