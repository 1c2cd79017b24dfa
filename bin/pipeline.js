#!/usr/bin/env node
import { main } from '../dist/cli/main.js';

// A pipeline file may leave timers and sockets behind; they must not hold the program.
process.exit(await main(process.argv));
