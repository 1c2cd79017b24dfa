import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { follow } from './feed.ts';
import { createStore } from './model/store.ts';
import { App } from './view/app.tsx';

/** How often what is new is drawn. */
const DRAW_MS = 500;

const store = createStore();
let isChanged = true;
const follower = follow(store, document.documentElement.dataset['feed'] ?? '/ws', () => (isChanged = true));
const draw = (): void => {
  // Uptimes and the time to the next attempt go on by themselves.
  isChanged = false;
  render(<App store={store} follower={follower} tick={(ticks += 1)} />, document.getElementById('page')!);
};
let ticks = 0;
let last = 0;
const step = (): void => {
  const now = performance.now();
  if (!document.hidden && (isChanged || now - last > 1_000) && now - last >= DRAW_MS) {
    last = now;
    draw();
  }
  requestAnimationFrame(step);
};
step();
