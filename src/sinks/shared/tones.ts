export type Tone = 'good' | 'warning' | 'bad' | 'quiet' | 'title';

const CODES: Readonly<Record<Tone, number>> = { good: 32, warning: 33, bad: 31, quiet: 2, title: 1 };

/** The text in a terminal's colours. */
export const tinted = (text: string, tone: Tone): string => `\u001b[${CODES[tone]}m${text}\u001b[0m`;
