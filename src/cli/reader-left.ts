/** Whether an error of stdout says that nobody reads it any more: a pipe that was closed, a terminal that was. */
export const isReaderLeft = ({ code }: NodeJS.ErrnoException): boolean =>
  code === 'EPIPE' || (code === 'EIO' && process.stdout.isTTY);
