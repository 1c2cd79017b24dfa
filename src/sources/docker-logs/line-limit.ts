const TO_THE_SECOND = '2026-01-02T03:04:05'.length;

/** Whether a line is within what may pass of its second, by its own time: so it is the same however late it is read. */
export function lineLimit(perSecond: number | undefined): (time: string) => boolean {
  if (perSecond === undefined) return () => true;
  let second = '';
  let passed = 0;
  return (time) => {
    if (!time.startsWith(second) || second === '') {
      second = time.slice(0, TO_THE_SECOND);
      passed = 0;
    }
    passed += 1;
    return passed <= perSecond;
  };
}
