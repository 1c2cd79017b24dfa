// Loaded into a process before it begins: its first reads of files fail, as many as FAULTS_FAILING_READS says.
import { open } from 'node:fs/promises';

let left = Number(process.env.FAULTS_FAILING_READS ?? 0);
const handle = await open('/dev/null');
const prototype = Object.getPrototypeOf(handle);
await handle.close();
const { read } = prototype;
prototype.read = async function (...args) {
  if (left === 0) return read.apply(this, args);
  left -= 1;
  throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
};
