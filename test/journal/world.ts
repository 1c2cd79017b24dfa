/** What happens in the world that the program of the crash test reads: so both know what is right. */
export const worldRecord = (seq: number): unknown => ({ seq, text: 'é'.repeat((seq * 7) % 200) });
