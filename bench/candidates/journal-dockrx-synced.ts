import { throughJournal } from './journal.ts';
import { measured } from './measure.ts';

await measured(({ out, amount }) => throughJournal(out, amount, 'batch'));
